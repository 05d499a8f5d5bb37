/** ranges: lists of (offset, length) pieces, checked, and what can be told of them in one pass. */

/** Pieces of a file as pairs, or flat in a Float64Array (offset, length, offset, length, ...). */
export type Ranges = readonly (readonly [offset: number, length: number])[] | Float64Array;

/** Read together when so near: the numbers of native/src/io/scatter-read.c. */
const WINDOW_BYTES = 256 << 10;
const GAP_BYTES = 16 << 10;

/** A checked list. */
export interface Pieces {
  readonly pairs: Float64Array;
  readonly count: number;
  /** Bytes that are delivered: those before the end of the file. */
  readonly bytes: number;
  /** Groups of near pieces that one read takes in, and their bytes with what lies between. */
  readonly groups: number;
  readonly groupBytes: number;
}

function flatten(ranges: Ranges): Float64Array {
  if (ranges instanceof Float64Array) {
    if (ranges.length % 2 !== 0) throw new RangeError("ranges have an offset without a length");
    return ranges;
  }
  if (!Array.isArray(ranges)) throw new TypeError("ranges are no array and no Float64Array");
  const pairs = new Float64Array(ranges.length * 2);
  let at = 0;
  for (const range of ranges) {
    const offset = range[0]; // By index: taken apart, each pair would cost an iterator.
    const length = range[1];
    // Callers without TypeScript: a Float64Array would take "1" for 1.
    if (typeof offset !== "number" || typeof length !== "number") refuse(at / 2, offset, length);
    pairs[at++] = offset;
    pairs[at++] = length;
  }
  return pairs;
}

function refuse(index: number, offset: number, length: number): never {
  const told = `[${offset}, ${length}]`;
  throw Object.assign(
    new RangeError(`range ${index} is ${told}: whole numbers from 0 to 2^53 - 1 are needed`),
    { code: "ERR_OUT_OF_RANGE" },
  );
}

/** Checks a list, and cuts it in thought at `size`, the end of the file. */
export function readRanges(ranges: Ranges, size: number): Pieces {
  const pairs = flatten(ranges);
  let bytes = 0;
  let groups = 0;
  let groupBytes = 0;
  let groupBegin = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < pairs.length; at += 2) {
    const offset = pairs[at] ?? Number.NaN;
    const length = pairs[at + 1] ?? Number.NaN;
    // Spelled out, as Number.isSafeInteger costs ten times as much; false for NaN too.
    const isRight =
      offset >= 0 &&
      length >= 0 &&
      offset + length <= Number.MAX_SAFE_INTEGER &&
      Math.floor(offset) === offset &&
      Math.floor(length) === length;
    if (!isRight) refuse(at / 2, offset, length);
    const until = offset + length < size ? offset + length : size;
    if (until <= offset) continue;
    bytes += until - offset;
    // Whether the gap is 0 to GAP_BYTES, as one comparison: of two, a processor guesses one wrongly.
    const isNear = Math.abs(offset - end - GAP_BYTES / 2) <= GAP_BYTES / 2;
    if (isNear && until - groupBegin <= WINDOW_BYTES) {
      groupBytes += until - end;
    } else {
      groups++;
      groupBegin = offset;
      groupBytes += until - offset;
    }
    end = until;
  }
  return { pairs, count: pairs.length / 2, bytes, groups, groupBytes };
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
