/** Statistics: published values and algebra. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  addIntervals,
  aroundLikely,
  mergeHistograms,
  quantileBounds,
  relativeHalfWidth,
  scaleInterval,
  subtractIntervals,
  wilsonInterval,
} from "./statistics.ts";

test("Wilson's interval has its published values", () => {
  // Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
  expect(wilsonInterval(81, 263).low).toBeCloseTo(0.2553, 3);
  expect(wilsonInterval(81, 263).high).toBeCloseTo(0.3662, 3);
  expect(wilsonInterval(15, 148).low).toBeCloseTo(0.0624, 3);
  expect(wilsonInterval(15, 148).high).toBeCloseTo(0.1605, 3);
  expect(wilsonInterval(0, 20).high).toBeCloseTo(0.1611, 3);
  expect(wilsonInterval(1, 29).low).toBeCloseTo(0.0061, 3);
});

test("a share's interval holds it, stays in [0, 1] and narrows with trials", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(1000), (hits, misses) => {
      const interval = wilsonInterval(hits, hits + misses);
      expect(interval.low).toBeGreaterThanOrEqual(0);
      expect(interval.high).toBeLessThanOrEqual(1);
      expect(interval.low).toBeLessThanOrEqual(interval.likely);
      expect(interval.high).toBeGreaterThanOrEqual(interval.likely);
      if (hits + misses === 0) return;
      const more = wilsonInterval(hits * 10, (hits + misses) * 10);
      expect(more.high - more.low).toBeLessThan(interval.high - interval.low);
    }),
  );
});

test("nothing is known without trials", () => {
  expect(wilsonInterval(0, 0)).toEqual({ low: 0, likely: 0, high: 1 });
  expect(relativeHalfWidth({ low: 0, likely: 0, high: 1 })).toBe(Number.POSITIVE_INFINITY);
  expect(relativeHalfWidth({ low: 9, likely: 10, high: 11 })).toBe(0.1);
});

test("intervals add, scale and subtract with their bounds", () => {
  const interval = { low: 1, likely: 2, high: 4 };
  expect(addIntervals(interval, interval)).toEqual({ low: 2, likely: 4, high: 8 });
  expect(scaleInterval(interval, 3)).toEqual({ low: 3, likely: 6, high: 12 });
  const ten = { low: 10, likely: 10, high: 10 };
  expect(subtractIntervals(ten, interval)).toEqual({ low: 6, likely: 8, high: 9 });
  expect(subtractIntervals(interval, ten)).toEqual({ low: 0, likely: 0, high: 0 });
  expect(aroundLikely(interval, 9)).toEqual({ low: 1, likely: 9, high: 9 });
});

const nothing = { sum: Number.POSITIVE_INFINITY, above: 0, below: 0, hasMore: true };

test("a quantile lies in the cell that holds its rank", () => {
  const cells = [
    { atMost: 64, count: 90 },
    { atMost: 1024, count: 9 },
    { atMost: 4096, count: 1 },
  ];
  expect(quantileBounds(cells, 0.5, nothing)).toEqual({ low: 32, high: 64 });
  expect(quantileBounds(cells, 0.9, nothing)).toEqual({ low: 32, high: 64 });
  expect(quantileBounds(cells, 0.99, nothing)).toEqual({ low: 512, high: 1024 });
  expect(quantileBounds(cells, 1, nothing)).toEqual({ low: 2048, high: 4096 });
  expect(quantileBounds([], 0.5, nothing)).toBeNull();
  expect(quantileBounds([{ atMost: 0, count: 3 }], 0.9, nothing)).toEqual({ low: 0, high: 0 });
});

test("a single value is its sum, and more values bound each other by theirs", () => {
  const known = { above: 0, below: 0, hasMore: false };
  expect(quantileBounds([{ atMost: 512, count: 1 }], 0.5, { ...known, sum: 300 })).toEqual({
    low: 300,
    high: 300,
  });
  const ten = [{ atMost: 16, count: 10 }];
  expect(quantileBounds(ten, 0.5, { ...known, sum: 100 })?.high).toBeCloseTo((100 - 4 * 8) / 6);
  expect(quantileBounds(ten, 0.5, { ...known, sum: 100 })?.low).toBe(8);
  expect(quantileBounds(ten, 1, { ...known, sum: 100 })).toEqual({ low: 10, high: 16 });
});

test("no order of values lies outside the bounds of its quantiles", () => {
  const share = fc.constantFrom(0.5, 0.9, 0.99, 1);
  fc.assert(
    fc.property(fc.array(fc.nat(5_000), { minLength: 1, maxLength: 60 }), share, (values, q) => {
      const cellOf = (value: number) => (value === 0 ? 0 : 2 ** Math.ceil(Math.log2(value)));
      const cells = mergeHistograms(values.map((v) => [{ atMost: cellOf(v), count: 1 }]).flat());
      const sum = values.reduce((a, b) => a + b, 0);
      const bounds = quantileBounds(cells, q, { sum, above: 0, below: 0, hasMore: false });
      const sorted = values.toSorted((a, b) => a - b);
      const value = sorted[Math.max(1, Math.ceil(q * values.length - 1e-9)) - 1] ?? -1;
      expect(bounds?.low).toBeLessThanOrEqual(value + 1e-6);
      expect(bounds?.high).toBeGreaterThanOrEqual(value - 1e-6);
    }),
  );
});

test("merging histograms keeps every value", () => {
  const cell = fc.record({ atMost: fc.nat(12).map((k) => 2 ** k), count: fc.nat(50) });
  fc.assert(
    fc.property(fc.array(fc.array(cell)), (histograms) => {
      const merged = mergeHistograms(...histograms);
      const total = (cells: readonly { count: number }[]) =>
        cells.reduce((sum, { count }) => sum + count, 0);
      expect(total(merged)).toBe(total(histograms.flat()));
      expect(new Set(merged.map(({ atMost }) => atMost)).size).toBe(merged.length);
    }),
  );
});
