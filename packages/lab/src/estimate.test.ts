import type { Block } from "@crossbill/native";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { intervalOver, nsPerEvent, quantile, relativeSpread } from "./estimate.ts";

const block = (calls: number, events: number, ns: number): Block => ({
  calls,
  events,
  ns,
  cpuNs: ns,
  counts: {},
});
const values = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1 });

test("a quantile lies between the extremes and grows with its share", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(values, share, share, (list, a, b) => {
      const [low, high] = [quantile(list, Math.min(a, b)), quantile(list, Math.max(a, b))];
      expect(low).toBeLessThanOrEqual(high + 1e-6);
      expect(low).toBeGreaterThanOrEqual(Math.min(...list) - 1e-6);
      expect(high).toBeLessThanOrEqual(Math.max(...list) + 1e-6);
    }),
  );
});

test("quantiles interpolate", () => {
  expect(quantile([4, 1, 3, 2], 0)).toBe(1);
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([4, 1, 3, 2], 1)).toBe(4);
  expect(quantile([7], 0.1)).toBe(7);
  expect(quantile([], 0.5)).toBeNaN();
});

test("the price of an event is unmoved by blocks that an interrupt hit", () => {
  const quiet = Array.from({ length: 90 }, () => block(10, 10, 1000));
  const hit = Array.from({ length: 60 }, (_, i) => block(10, 10, 9000 + i));
  expect(nsPerEvent([...hit, ...quiet])).toBe(100);
});

test("the price is per event that the kernel counted, not per call asked for", () => {
  expect(nsPerEvent([block(32, 16, 1600)])).toBe(100);
});

test("blocks without events are no free lunch", () => {
  expect(nsPerEvent([block(8, 0, 800)])).toBeNull();
  const some = [block(8, 0, 800), block(8, 8, 800)];
  expect(nsPerEvent(some)).toBe(100);
});

test("an interval is ordered, not negative, and holds the median", () => {
  fc.assert(
    fc.property(values, (list) => {
      const interval = intervalOver(list);
      if (interval === null) throw new Error("no interval for a list that is not empty");
      expect(interval.low).toBeGreaterThanOrEqual(0);
      expect(interval.likely).toBeGreaterThanOrEqual(interval.low - 1e-6);
      expect(interval.high).toBeGreaterThanOrEqual(interval.likely - 1e-6);
    }),
  );
  expect(intervalOver([])).toBeNull();
});

test("the spread is half the interval over its middle", () => {
  expect(relativeSpread({ low: 90, likely: 100, high: 130 })).toBe(0.2);
  expect(relativeSpread({ low: 0, likely: 0, high: 0 })).toBe(0);
});
