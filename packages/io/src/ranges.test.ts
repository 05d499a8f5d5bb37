/** Lists of pieces: what is told of them, by the native part and without, whole and in slices. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { copyRanges, dropPieces, type Ranges, readRanges } from "./ranges.ts";

const GAP_BYTES = 16 << 10;
const WINDOW_BYTES = 256 << 10;

/** What is told of a list, reckoned as simply as it can be. */
function oracle(ranges: readonly (readonly [number, number])[], size: number) {
  const whole = ranges
    .map(([offset, length]) => ({ offset, until: Math.min(offset + length, size) }))
    .filter(({ offset, until }) => until > offset);
  const groups: { offset: number; until: number; bytes: number }[] = [];
  for (const { offset, until } of whole) {
    const group = groups.at(-1);
    const isNear =
      group !== undefined &&
      offset >= group.until &&
      offset - group.until <= GAP_BYTES &&
      until - group.offset <= WINDOW_BYTES;
    if (isNear) group.until = until;
    else groups.push({ offset, until, bytes: 0 });
  }
  return {
    count: ranges.length,
    bytes: whole.reduce((sum, { offset, until }) => sum + (until - offset), 0),
    groups: groups.length,
    groupBytes: groups.reduce((sum, { offset, until }) => sum + (until - offset), 0),
  };
}

const list = fc
  .array(
    fc.tuple(
      fc.oneof(fc.nat(100), fc.nat(100_000), fc.constantFrom(16_384, 2 ** 40, 2 ** 53 - 400_000)),
      fc.oneof(fc.nat(20), fc.nat(300_000)),
      fc.boolean(),
    ),
    { maxLength: 60 },
  )
  .map((steps) => {
    let end = 0;
    // Half of them behind the one before, so that there are groups.
    return steps.map(([at, length, isNear]) => {
      const offset = isNear && end < 2 ** 53 - 400_000 ? end + (at % 20_000) : at;
      end = offset + length;
      return [offset, length] as const;
    });
  });

it("is told the same of pairs, of a flat list, and of a copy", async () => {
  await fc.assert(
    fc.asyncProperty(list, fc.oneof(fc.nat(300_000), fc.maxSafeNat()), async (ranges, size) => {
      const expected = oracle(ranges, size);
      const flat = new Float64Array(ranges.flat());
      for (const pieces of [
        readRanges(ranges, size),
        readRanges(flat, size),
        await copyRanges(ranges, size),
        await copyRanges(flat, size),
      ]) {
        expect(pieces).toMatchObject(expected);
        expect(pieces.pairs).toEqual(flat);
        dropPieces(pieces);
      }
    }),
  );
});

it("names the wrong pair, also behind the first slice of a list", async () => {
  const ranges: [number, number][] = Array.from({ length: 600_011 }, (_, at) => [at * 2, 1]);
  expect(await copyRanges(ranges, 2 ** 20)).toMatchObject({ count: 600_011, bytes: 2 ** 19 });
  ranges[599_999] = [0.5, 1];
  const flat = new Float64Array(ranges.flat());
  for (const wrong of [ranges, flat] satisfies Ranges[]) {
    await expect(copyRanges(wrong, 2 ** 20)).rejects.toThrow("range 599999 is [0.5, 1]");
    expect(() => readRanges(wrong, 2 ** 20)).toThrow("range 599999 is [0.5, 1]");
  }
});

it("does not give one list's memory to two calls", async () => {
  const two = new Float64Array(4096).fill(2);
  const first = await copyRanges(two, 100);
  const second = await copyRanges(new Float64Array(4096).fill(3), 100);
  expect(first.pairs).toEqual(two);
  dropPieces(first);
  const third = await copyRanges(new Float64Array(2048).fill(5), 100);
  expect(third.pairs.buffer).toBe(first.pairs.buffer);
  expect(second.pairs.every((number) => number === 3)).toBe(true);
});

it("leaves the caller's own list alone", () => {
  const own = new Float64Array(4096).fill(7);
  const pieces = readRanges(own, 100);
  expect(pieces.pairs).toBe(own);
  dropPieces(pieces);
  expect(
    readRanges(
      Array.from({ length: 2048 }, () => [1, 1] as const),
      100,
    ).pairs,
  ).not.toBe(own);
  expect(own.every((number) => number === 7)).toBe(true);
});
