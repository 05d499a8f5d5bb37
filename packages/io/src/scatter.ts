/** scatter: moves pieces between a file and memory, by the native part or, without it, by fs. */
import * as fs from "node:fs";
import { promisify } from "node:util";
import { abortable } from "./abort.ts";
import type { Mechanism } from "./choice.ts";
import { IoError } from "./errors.ts";
import { native } from "./native.ts";
import type { Pieces } from "./ranges.ts";

/** A kept mapping, owned by the native part. */
export type View = object;

type Transfer = [
  way: number,
  fd: number,
  size: number,
  pairs: Float64Array,
  bytes: number,
  into: Uint8Array | readonly Uint8Array[],
  view: View | undefined,
  flags: number,
  abort: Int32Array | undefined,
];

declare module "./native.ts" {
  interface NativeFunctions {
    createView(fd: number, length: number): View;
    fileSize(fd: number): number;
    residencyShare(fd: number, size: number, pairs: Float64Array): number;
    scatter(...transfer: Transfer): Promise<number>;
    scatterSync(...transfer: Transfer): number;
  }
}

/** By the numbers of native/src/io/scatter-call.c, as are the flags. */
const ways = { mapping: 0, uring: 1, through: 2, pread: 3, pwrite: 4 } as const;
const FLAG_POPULATE = 1;
const FLAG_FRESH = 2;
const FLAG_DIRECT = 4;

/** One move of pieces. */
export interface Move {
  readonly fd: number;
  /** Where pieces are cut: the file's size when reading. */
  readonly size: number;
  readonly pieces: Pieces;
  readonly memory: Uint8Array | readonly Uint8Array[];
  readonly mechanism: Mechanism | "pwrite";
  readonly view?: View | undefined;
  readonly populate?: boolean;
  /** The memory was never touched: the kernel may bring it in huge pages. */
  readonly isFresh?: boolean;
  /** The file was opened with O_DIRECT. */
  readonly isDirect?: boolean;
}

function transfer(move: Move, abort: Int32Array | undefined): Transfer {
  if (move.mechanism === "fs") throw new TypeError("fs is no mechanism of the native part");
  const direct = move.isDirect ? FLAG_DIRECT : 0;
  const flags = (move.populate ? FLAG_POPULATE : 0) | (move.isFresh ? FLAG_FRESH : 0) | direct;
  const { fd, size, pieces, memory, view } = move;
  if (memory instanceof Uint8Array && memory.length < pieces.bytes) throw tooSmall();
  return [ways[move.mechanism], fd, size, pieces.pairs, pieces.bytes, memory, view, flags, abort];
}

/** Moves at once; returns the bytes. */
export function moveSync(move: Move): number {
  const part = native();
  if (part !== null && move.mechanism !== "fs")
    return part.scatterSync(...transfer(move, undefined));
  return moveByFsSync(move);
}

/** Moves in a thread of the pool; resolves to the bytes. */
export function moveAsync(move: Move, signal: AbortSignal | undefined): Promise<number> {
  const part = native();
  if (part === null || move.mechanism === "fs") return moveByFs(move, signal);
  const { memory } = move;
  return abortable(signal, async (word) => {
    if (memory instanceof Uint8Array) return await part.scatter(...transfer(move, word));
    let moved = 0;
    // A copy, as the caller may change his list while a thread works by it.
    for (const slice of slices(move, memory.slice()))
      try {
        moved += await part.scatter(...transfer(slice, word));
      } catch (error) {
        throw movedBefore(error, moved);
      }
    return moved;
  });
}

/** Of an error that tells how much was written: slices before were written too. */
function movedBefore(error: unknown, moved: number): unknown {
  if (error instanceof Error && "bytesWritten" in error)
    return Object.assign(error, { bytesWritten: moved + Number(error.bytesWritten) });
  return error;
}

/** Buffers are looked at in JavaScript's thread, at some 100 ns each: then others have their turn. */
const SLICE_BUFFERS = 1 << 13;

/** Pieces with Buffers of their own, in moves of at most SLICE_BUFFERS. */
function* slices(move: Move, memory: readonly Uint8Array[]): Generator<Move> {
  const { pieces } = move;
  if (memory.length <= SLICE_BUFFERS) yield { ...move, memory };
  else
    for (let begin = 0; begin < memory.length; begin += SLICE_BUFFERS) {
      const buffers = memory.slice(begin, begin + SLICE_BUFFERS);
      const pairs = pieces.pairs.subarray(begin * 2, (begin + SLICE_BUFFERS) * 2);
      const count = pairs.length / 2;
      const bytes = Math.ceil((pieces.bytes * count) / pieces.count);
      const populate = move.populate === true && begin === 0;
      yield { ...move, memory: buffers, pieces: { ...pieces, pairs, count, bytes }, populate };
    }
}

/** One piece, and the memory that it belongs to. */
interface Place {
  readonly memory: Uint8Array;
  readonly position: number;
}

function* places({ pieces, memory, size }: Move): Generator<Place> {
  let at = 0;
  for (let index = 0; index < pieces.count; index++) {
    const position = pieces.pairs[index * 2] ?? 0;
    const length = pieces.pairs[index * 2 + 1] ?? 0;
    const bytes = Math.max(0, Math.min(length, size - position));
    const own = memory instanceof Uint8Array ? memory.subarray(at, at + bytes) : memory[index];
    if (own === undefined || own.length < bytes) throw tooSmall();
    at += bytes;
    if (bytes > 0) yield { memory: own.subarray(0, bytes), position };
  }
}

function tooSmall(): RangeError {
  return Object.assign(
    new RangeError("the pieces are more than the memory that is given for them"),
    { code: "ERR_OUT_OF_RANGE" },
  );
}

const nothingMoved = (isWrite: boolean) =>
  isWrite
    ? new IoError("EIO", "EIO: nothing was written")
    : new IoError("ERR_TRUNCATED", "ERR_TRUNCATED: the file became shorter while it was read");

function moveByFsSync(move: Move): number {
  const isWrite = move.mechanism === "pwrite";
  let moved = 0;
  try {
    for (const { memory, position } of places(move))
      for (let at = 0; at < memory.length; ) {
        const rest = memory.length - at;
        const bytes = isWrite
          ? fs.writeSync(move.fd, memory, at, rest, position + at)
          : fs.readSync(move.fd, memory, at, rest, position + at);
        if (bytes === 0) throw nothingMoved(isWrite);
        at += bytes;
        moved += bytes;
      }
  } catch (error) {
    throw isWrite && error instanceof Error ? Object.assign(error, { bytesWritten: moved }) : error;
  }
  return moved;
}

const readPiece = promisify(fs.read);
const writePiece = promisify(fs.write);
/** What the pool of libuv has threads for, twice, so that none waits for JavaScript. */
const FS_CONCURRENCY = 8;

async function moveByFs(move: Move, signal: AbortSignal | undefined): Promise<number> {
  const isWrite = move.mechanism === "pwrite";
  const work = places(move);
  let moved = 0;
  const mover = async () => {
    for (const { memory, position } of work)
      for (let at = 0; at < memory.length; ) {
        signal?.throwIfAborted();
        const rest = memory.length - at;
        const bytes = isWrite
          ? (await writePiece(move.fd, memory, at, rest, position + at)).bytesWritten
          : (await readPiece(move.fd, memory, at, rest, position + at)).bytesRead;
        if (bytes === 0) throw nothingMoved(isWrite);
        at += bytes;
        moved += bytes;
      }
  };
  // Writes keep their order, so that what is told to be written is what comes first.
  const movers = Array.from({ length: isWrite ? 1 : FS_CONCURRENCY }, mover);
  const ended = await Promise.allSettled(movers); // None may write to the memory once we return.
  const failed = ended.find((one) => one.status === "rejected");
  if (failed === undefined) return moved;
  const error: unknown = failed.reason;
  throw isWrite && error instanceof Error ? Object.assign(error, { bytesWritten: moved }) : error;
}
