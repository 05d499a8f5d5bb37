/** ranges: lists of (offset, length) pieces, checked, and what can be told of them in one pass. */
import { setImmediate as turn } from "node:timers/promises";
import { native } from "./native.ts";

declare module "./native.ts" {
  interface NativeFunctions {
    measurePieces(
      this: void,
      pairs: Float64Array,
      begin: number,
      end: number,
      size: number,
      sums: Float64Array,
    ): number;
  }
}

/** Pieces of a file as pairs, or flat in a Float64Array (offset, length, offset, length, ...). */
export type Ranges = readonly (readonly [offset: number, length: number])[] | Float64Array;

/** A checked list. */
export interface Pieces {
  readonly pairs: Float64Array;
  readonly count: number;
  /** Bytes that are delivered: those before the end of the file. */
  readonly bytes: number;
  /** Groups of near pieces that one read takes in, and their bytes with what lies between. */
  readonly groups: number;
  readonly groupBytes: number;
  /** `pairs` is no list of the caller's, and is kept for the next call when this one has ended. */
  readonly isOwn: boolean;
}

/** So many are read in some 2 ms, when no cache has them: then others have their turn. */
const SLICE_PIECES = 1 << 16;
/** One list of up to so many pieces (2 MiB) is kept: fresh memory costs a fault a page. */
const MOST_KEPT_PIECES = 1 << 17;
const LEAST_KEPT_PIECES = 1 << 9;
let kept: Float64Array | undefined;

function takeList(count: number): Float64Array {
  const list = kept;
  if (list === undefined || count < LEAST_KEPT_PIECES || list.length < count * 2)
    return new Float64Array(count * 2);
  kept = undefined;
  return list.subarray(0, count * 2);
}

/** The list is used no more: the next call may have its memory. */
export function dropPieces({ isOwn, count, pairs }: Pieces): void {
  if (isOwn && count >= LEAST_KEPT_PIECES && count <= MOST_KEPT_PIECES)
    kept = new Float64Array(pairs.buffer);
}

function refuse(index: number, offset: unknown, length: unknown): never {
  const told = `[${String(offset)}, ${String(length)}]`;
  throw Object.assign(
    new RangeError(`range ${index} is ${told}: whole numbers from 0 to 2^53 - 1 are needed`),
    { code: "ERR_OUT_OF_RANGE" },
  );
}

function flatten(
  ranges: Exclude<Ranges, Float64Array>,
  pairs: Float64Array,
  begin: number,
  end: number,
): void {
  for (let index = begin; index < end; index++) {
    const range = ranges[index];
    const offset = range?.[0]; // By index: taken apart, each pair would cost an iterator.
    const length = range?.[1];
    // Callers without TypeScript: a Float64Array would take "1" for 1.
    if (typeof offset !== "number" || typeof length !== "number") refuse(index, offset, length);
    pairs[index * 2] = offset;
    pairs[index * 2 + 1] = length;
  }
}

/** Places in the sums of a list, by the numbers of native/src/io/scatter-measure.c. */
const Sum = { bytes: 0, groups: 1, groupBytes: 2, end: 4 } as const;
const SUMS = 5;

/** What measurePieces does, without groups, which fs has no use for. Returns the first that is wrong. */
function addUp(pairs: Float64Array, begin: number, end: number, size: number, sums: Float64Array) {
  let bytes = 0;
  for (let index = begin; index < end; index++) {
    const offset = pairs[index * 2] ?? Number.NaN;
    const length = pairs[index * 2 + 1] ?? Number.NaN;
    const isRight =
      offset >= 0 && length >= 0 && Number.isSafeInteger(offset) && Number.isSafeInteger(length);
    if (!isRight || offset + length > Number.MAX_SAFE_INTEGER) return index;
    bytes += Math.max(0, Math.min(length, size - offset));
  }
  sums[Sum.bytes] = (sums[Sum.bytes] ?? 0) + bytes;
  return end;
}

/** Reads a list, slice by slice; yields between two. */
function* reading(ranges: Ranges, size: number, mayChange: boolean): Generator<undefined, Pieces> {
  const isFlat = ranges instanceof Float64Array;
  if (!isFlat && !Array.isArray(ranges))
    throw new TypeError("ranges are no array and no Float64Array");
  if (isFlat && ranges.length % 2 !== 0)
    throw new RangeError("ranges have an offset without a length");
  const count = isFlat ? ranges.length / 2 : ranges.length;
  const isOwn = !isFlat || mayChange;
  const pairs = isOwn ? takeList(count) : ranges;
  const measure = native()?.measurePieces ?? addUp;
  const sums = new Float64Array(SUMS);
  sums[Sum.end] = Number.NEGATIVE_INFINITY;
  for (let begin = 0; begin < count; begin += SLICE_PIECES) {
    if (begin > 0) yield;
    const end = Math.min(begin + SLICE_PIECES, count);
    if (!isFlat) flatten(ranges, pairs, begin, end);
    else if (isOwn) pairs.set(ranges.subarray(begin * 2, end * 2), begin * 2);
    const wrong = measure(pairs, begin, end, size, sums);
    if (wrong < end) refuse(wrong, pairs[wrong * 2], pairs[wrong * 2 + 1]);
  }
  const [bytes = 0, groups = 0, groupBytes = 0] = sums;
  return { pairs, count, bytes, groups, groupBytes, isOwn };
}

/**
 * Checks a list, and cuts it in thought at `size`, the end of the file. `dropPieces` is due when it
 * is used no more.
 */
export function readRanges(ranges: Ranges, size: number): Pieces {
  const work = reading(ranges, size, false);
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** As `readRanges`, for what goes on while the caller may change his list; lets others have turns. */
export async function copyRanges(ranges: Ranges, size: number): Promise<Pieces> {
  const work = reading(ranges, size, true);
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    await turn();
  }
}

/** How many bytes of each piece are before the end of the file, into `lengths`. */
export function readLengths(pieces: Pieces, size: number, lengths: Float64Array): void {
  if (lengths.length < pieces.count)
    throw new RangeError(`lengths has room for ${lengths.length} of ${pieces.count} pieces`);
  for (let index = 0; index < pieces.count; index++) {
    const offset = pieces.pairs[index * 2] ?? 0;
    const length = pieces.pairs[index * 2 + 1] ?? 0;
    lengths[index] = Math.max(0, Math.min(length, size - offset));
  }
}
