/** Gains from rounds: paired, and silent where either side is absent. */
import type { LabPoint } from "@crossbill/core";
import { expect, test } from "vitest";
import { isAbove, timesDearer } from "./gain.ts";

const point = (...values: number[]): LabPoint => ({
  ...{ series: "a", x: 1, mechanism: "null", parameters: {}, role: "shown" },
  ...{ values, cpuValues: values, counts: {}, linear: null, missing: null },
});

test("a gain is taken round by round, so that what all rounds share does not widen it", () => {
  const gain = timesDearer(point(200, 400, 800), point(100, 200, 400));
  expect(gain).toEqual({ low: 2, likely: 2, high: 2 });
});

test("rounds that one side lacks are left out", () => {
  expect(timesDearer(point(200, 400), point(100))?.likely).toBe(2);
  expect(timesDearer(point(200), point(0))).toBeNull();
  expect(timesDearer(undefined, point(1))).toBeNull();
  expect(timesDearer(point(1), undefined)).toBeNull();
});

test("an interval is above, below, or neither", () => {
  expect(isAbove({ low: 1.1, likely: 1.2, high: 1.3 }, 1)).toBe(true);
  expect(isAbove({ low: 0.7, likely: 0.8, high: 0.9 }, 1)).toBe(false);
  expect(isAbove({ low: 0.9, likely: 1, high: 1.1 }, 1)).toBeNull();
  expect(isAbove(null, 1)).toBeNull();
});
