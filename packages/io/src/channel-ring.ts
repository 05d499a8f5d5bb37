/**
 * channel-ring: one direction of a channel: messages one behind the other in a ring, each with its
 * length before it. The other end may be hostile: what it wrote is checked before it is used, and
 * our own cursors are only told to it, never read back.
 */
import type { RingMemory } from "./channel-memory.ts";
import { IoError } from "./errors.ts";

/** Before each piece: its length, and how many bytes of the message come after it. */
const HEADER_BYTES = 8;
/** In the place of what comes after: the pieces before it are no message, its sender gave it up. */
const GIVEN_UP = -1;

/** A piece begins at a multiple of 8 bytes, so that a view of it can be one of numbers. */
const spaceOf = (length: number) => HEADER_BYTES + ((length + 7) & ~7);

/** The end that writes. */
export class RingWriter {
  readonly #memory: RingMemory;
  readonly #wake: () => void;
  /** The longest message that goes in as one piece, and the pieces of a longer one. */
  readonly mostWhole: number;
  readonly pieceBytes: number;
  #written = 0;
  /** As far as may be written, by what was last seen of the reader's cursor. */
  #limit: number;

  constructor(memory: RingMemory, wake: () => void) {
    this.#memory = memory;
    this.#wake = wake;
    this.#limit = memory.ringBytes;
    this.mostWhole = memory.ringBytes / 2 - HEADER_BYTES;
    this.pieceBytes = memory.ringBytes / 4 - HEADER_BYTES;
  }

  /** Writes one piece, of which `remaining` bytes more will follow. False: there is no room. */
  put(piece: Uint8Array, remaining: number): boolean {
    const { bytes, words, at, begin, ringBytes } = this.#memory;
    const { length } = piece;
    const space = spaceOf(length);
    if (((this.#limit - this.#written) | 0) < space && !this.#hasRoom(space)) return false;
    const place = begin + (this.#written & (ringBytes - 1));
    words[place >> 2] = length;
    words[(place >> 2) + 1] = remaining;
    bytes.set(piece, place + HEADER_BYTES);
    this.#written = (this.#written + space) | 0;
    Atomics.store(words, at.written, this.#written);
    if (Atomics.load(words, at.readerSleeps) !== 0) this.#wakeReader();
    return true;
  }

  /** Tells the reader that the pieces of the last message are all there will be. False: no room. */
  giveUp(): boolean {
    return this.put(new Uint8Array(0), GIVEN_UP);
  }

  #hasRoom(space: number): boolean {
    const { words, at, ringBytes } = this.#memory;
    const taken = Atomics.load(words, at.taken);
    if ((this.#written - taken) >>> 0 > ringBytes) throw brokenChannel("took what was not written");
    this.#limit = (taken + ringBytes) | 0;
    return ((this.#limit - this.#written) | 0) >= space;
  }

  /** Says that we sleep until there is room for a piece. False: there is some already. */
  sleep(length: number): boolean {
    const { words, at } = this.#memory;
    Atomics.store(words, at.writerSleeps, 1);
    if (!this.#hasRoom(spaceOf(length))) return true;
    this.wakeUp();
    return false;
  }

  /** Whether the reader has taken more than was last seen. */
  get hasNews(): boolean {
    const { words, at, ringBytes } = this.#memory;
    return words[at.taken] !== ((this.#limit - ringBytes) | 0);
  }

  /** Says that we no longer sleep. */
  wakeUp(): void {
    Atomics.store(this.#memory.words, this.#memory.at.writerSleeps, 0);
  }

  /** Nothing more will be written. */
  end(): void {
    Atomics.store(this.#memory.words, this.#memory.at.isEnded, 1);
    this.#wakeReader();
  }

  /** Whether the reader takes nothing more. */
  get isLeft(): boolean {
    return Atomics.load(this.#memory.words, this.#memory.at.isLeft) !== 0;
  }

  #wakeReader(): void {
    if (Atomics.exchange(this.#memory.words, this.#memory.at.readerSleeps, 0) !== 0) this.#wake();
  }
}

/** The end that reads. */
export class RingReader {
  readonly #memory: RingMemory;
  readonly #mostMessageBytes: number;
  readonly #wake: () => void;
  /** As far as was read; as far as the writer was told of; as far as was seen to be written. */
  #read = 0;
  #told = 0;
  #limit = 0;
  /** Views of what was read are in use, until it is released. */
  #isHeld = false;
  /** A message of several pieces, of which some are there. */
  #whole: Buffer | undefined;
  #wholeBytes = 0;

  constructor(memory: RingMemory, mostMessageBytes: number, wake: () => void) {
    this.#memory = memory;
    this.#mostMessageBytes = mostMessageBytes;
    this.#wake = wake;
  }

  /** Looks at what was written. Returns whether there is something to read. */
  look(): boolean {
    const { words, at } = this.#memory;
    // Atomics are calls, so they are left for when there is news, or a sleep to be sure of.
    if (words[at.written] === this.#read) return false;
    return this.#lookAgain();
  }

  #lookAgain(): boolean {
    const { words, at, ringBytes } = this.#memory;
    const written = Atomics.load(words, at.written);
    if ((written - this.#read) >>> 0 > ringBytes) throw brokenChannel("wrote beyond the ring");
    this.#limit = written;
    return written !== this.#read;
  }

  /** The next message of those seen, in its place in the ring. */
  next(): Buffer | undefined {
    const { buffer, bytes, words, begin, ringBytes } = this.#memory;
    while (this.#read !== this.#limit) {
      const place = begin + (this.#read & (ringBytes - 1));
      const length = words[place >> 2] ?? -1;
      const remaining = words[(place >> 2) + 1] ?? -1;
      const space = spaceOf(length);
      const seen = (this.#limit - this.#read) >>> 0;
      if (length < 0 || length > ringBytes || space > seen || remaining < GIVEN_UP)
        throw brokenChannel("wrote a length that cannot be");
      this.#read = (this.#read + space) | 0;
      const start = place + HEADER_BYTES;
      if (remaining === 0 && this.#whole === undefined && length <= this.#mostMessageBytes) {
        this.#isHeld = true;
        return Buffer.from(buffer, start, length); // Takes less than subarray.
      }
      const whole = this.#join(bytes.subarray(start, start + length), remaining);
      if (whole !== undefined) return whole;
      if (!this.#isHeld) this.release();
    }
    return undefined;
  }

  /** Puts a piece to those before it, in memory of our own. Returns the message when it is whole. */
  #join(piece: Buffer, remaining: number): Buffer | undefined {
    if (remaining === GIVEN_UP) {
      this.#whole = undefined;
      return undefined;
    }
    this.#whole ??= this.#allocate(piece.length + remaining);
    if (remaining !== this.#whole.length - this.#wholeBytes - piece.length)
      throw brokenChannel("wrote pieces that do not fit together");
    this.#whole.set(piece, this.#wholeBytes);
    this.#wholeBytes += piece.length;
    if (remaining > 0) return undefined;
    const whole = this.#whole;
    this.#whole = undefined;
    return whole;
  }

  #allocate(length: number): Buffer {
    if (length > this.#mostMessageBytes)
      throw new IoError(
        "ERR_MESSAGE_TOO_LARGE",
        `ERR_MESSAGE_TOO_LARGE: ${length} bytes have come, and maxMessageBytes is ${this.#mostMessageBytes}`,
      );
    this.#wholeBytes = 0;
    return Buffer.allocUnsafeSlow(length);
  }

  /** What was read may be written over: told when it is all that was seen, or a quarter of the ring. */
  release(): void {
    const { words, at, ringBytes } = this.#memory;
    this.#isHeld = false;
    const untold = (this.#read - this.#told) >>> 0;
    if (untold === 0 || (this.#read !== this.#limit && untold < ringBytes / 4)) return;
    this.#told = this.#read;
    Atomics.store(words, at.taken, this.#read);
    if (Atomics.load(words, at.writerSleeps) !== 0) this.#wakeWriter();
  }

  /** Whether what was read and not released takes so much of the ring that the writer may wait for it. */
  get isHoldingMuch(): boolean {
    return (this.#read - this.#told) >>> 0 >= this.#memory.ringBytes / 4;
  }

  /** Says that we sleep until something is written. False: there is something already. */
  sleep(): boolean {
    Atomics.store(this.#memory.words, this.#memory.at.readerSleeps, 1);
    if (!this.#lookAgain()) return true;
    this.wakeUp();
    return false;
  }

  /** Says that we no longer sleep. */
  wakeUp(): void {
    Atomics.store(this.#memory.words, this.#memory.at.readerSleeps, 0);
  }

  /** Nothing more will be taken. */
  leave(): void {
    Atomics.store(this.#memory.words, this.#memory.at.isLeft, 1);
    this.#wakeWriter();
  }

  /** Whether the writer has said that nothing more will come. */
  get isEnded(): boolean {
    return Atomics.load(this.#memory.words, this.#memory.at.isEnded) !== 0;
  }

  #wakeWriter(): void {
    if (Atomics.exchange(this.#memory.words, this.#memory.at.writerSleeps, 0) !== 0) this.#wake();
  }
}

/** What no end that keeps to the rules does. */
function brokenChannel(what: string): IoError {
  return new IoError("ERR_CHANNEL_BROKEN", `ERR_CHANNEL_BROKEN: the other end ${what}`);
}
