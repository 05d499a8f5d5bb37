import type { LabPoint } from "@crossbill/core";
import { expect, test } from "vitest";
import { contest, ratiosOf } from "./contest.ts";

const point = (values: number[]): LabPoint => ({
  ...{ series: "any", x: 1, mechanism: "null", parameters: {}, role: "shown" },
  ...{ values, cpuValues: values, counts: {}, linear: null, missing: null },
});

test("rounds are compared each with its own, and only where both have one", () => {
  expect(ratiosOf(point([10, 20, 40]), point([20, 40]))).toEqual([2, 2]);
  expect(ratiosOf(point([10]), undefined)).toEqual([]);
  expect(ratiosOf(point([0, 10]), point([5, 5]))).toEqual([0.5]);
});

test("rounds that agree decide, in either direction", () => {
  expect(contest("a", [1.2, 1.3, 1.25])).toEqual({ what: "a", ratio: 1.25, decided: true });
  expect(contest("a", [0.8, 0.7, 0.9])).toEqual({ what: "a", ratio: 0.8, decided: true });
});

test("rounds that disagree, a difference nobody would notice, and few rounds decide nothing", () => {
  expect(contest("a", [0.2, 1.3, 1.4])?.decided).toBe(false);
  expect(contest("a", [1.01, 1.02, 1.03])?.decided).toBe(false);
  expect(contest("a", [1.3])?.decided).toBe(false);
  expect(contest("a", [0.5])?.decided).toBe(true);
  expect(contest("a", [])).toBeNull();
});
