/** channel-memory: what the two processes of a channel share, and where in it what is. */
import { IoError } from "./errors.ts";

/** "cbc1": a memory of this layout. */
const MAGIC = 0x63626331;

/** The largest ring, as in native/src/io/channel-memory.h. */
export const MOST_RING_BYTES = 16 * 1024 * 1024;

/** Words of 128 bytes: a processor fetches two lines of 64 bytes together. */
const WORD_STEP = 32;
const MAGIC_WORD = 16 * WORD_STEP;
/** The words of the second direction are behind those of the first. */
const DIRECTION_WORDS = 8 * WORD_STEP;

/** The words of one direction, as indices into `words`. All start as 0. */
export interface ControlWords {
  /** How many bytes were ever written and taken, modulo 2^32. Each is moved by one end alone. */
  readonly written: number;
  readonly taken: number;
  /** 1: this end sleeps, or is about to, and must be woken. */
  readonly readerSleeps: number;
  readonly writerSleeps: number;
  /** 1: nothing more will be written; nothing more will be taken. */
  readonly isEnded: number;
  readonly isLeft: number;
}

/** One direction: its control words and its ring, of which the start stands behind the end again. */
export interface RingMemory {
  readonly buffer: ArrayBuffer;
  readonly bytes: Buffer;
  readonly words: Int32Array;
  readonly at: ControlWords;
  /** Where in `bytes` the ring begins, and its size, a power of two. */
  readonly begin: number;
  readonly ringBytes: number;
}

/** Which of the two ends we are: the one that made the memory, or the one that it was passed to. */
export type Side = "offered" | "taken";

function controlWords(direction: 0 | 1): ControlWords {
  const first = direction * DIRECTION_WORDS;
  return {
    written: first,
    taken: first + WORD_STEP,
    readerSleeps: first + 2 * WORD_STEP,
    writerSleeps: first + 3 * WORD_STEP,
    isEnded: first + 4 * WORD_STEP,
    isLeft: first + 5 * WORD_STEP,
  };
}

/** The two rings of a memory, as this side sees them. Who offers the memory marks it. */
export function ringsOf(
  memory: ArrayBuffer,
  side: Side,
): { readonly outgoing: RingMemory; readonly incoming: RingMemory } {
  const words = new Int32Array(memory, 0, MAGIC_WORD + 1);
  if (side === "offered") Atomics.store(words, MAGIC_WORD, MAGIC);
  else if (Atomics.load(words, MAGIC_WORD) !== MAGIC) throw notAChannel();
  // A page, and four times a ring that is no smaller than the page.
  const ringBytes = 2 ** Math.floor(Math.log2((memory.byteLength - 1) / 4));
  const pageBytes = memory.byteLength - 4 * ringBytes;
  const whole = {
    buffer: memory,
    bytes: Buffer.from(memory),
    words: new Int32Array(memory),
    ringBytes,
  };
  const first = { ...whole, at: controlWords(0), begin: pageBytes };
  const second = { ...whole, at: controlWords(1), begin: pageBytes + 2 * ringBytes };
  return side === "offered"
    ? { outgoing: first, incoming: second }
    : { outgoing: second, incoming: first };
}

function notAChannel(): IoError {
  const text = "the other end is no channel, or one of another version of @crossbill/io";
  return new IoError("EPROTO", `EPROTO: ${text}`);
}
