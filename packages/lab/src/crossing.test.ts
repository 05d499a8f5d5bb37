import type { LabPoint } from "@crossbill/core";
import { expect, test } from "vitest";
import { crossing } from "./crossing.ts";

function points(costs: readonly (readonly number[])[]): LabPoint[] {
  return costs.map((values, at) => {
    const same = { series: "any", mechanism: "null", parameters: {}, role: "shown" } as const;
    const rest = { cpuValues: [...values], counts: {}, linear: null, missing: null };
    return { ...same, ...rest, x: 4 ** at, values: [...values] };
  });
}

test("it finds where the rival becomes cheaper for good, between two points", () => {
  // Dearer twice, then cheaper by half twice: as far above as below lies in the middle.
  const usual = points([[10], [10], [10], [10]]);
  const { at, always } = crossing(usual, points([[20], [20], [5], [5]]));
  expect(at?.likely).toBeCloseTo(8, 9);
  expect(always).toBe(false);
});

test("a rival that is cheaper only in between has no such point", () => {
  expect(crossing(points([[10], [10], [10]]), points([[20], [5], [20]])).at).toBeNull();
});

test("a rival that always is cheaper is so from the first point on", () => {
  const found = crossing(
    points([
      [10, 10],
      [10, 10],
    ]),
    points([
      [5, 6],
      [5, 6],
    ]),
  );
  expect(found).toEqual({ at: { low: 1, likely: 1, high: 1 }, always: true });
});

test("rounds that mostly find nothing, or no common points, find nothing", () => {
  const usual = points([
    [10, 10, 10],
    [10, 10, 10],
  ]);
  expect(
    crossing(
      usual,
      points([
        [20, 20, 20],
        [20, 20, 5],
      ]),
    ).at,
  ).toBeNull();
  expect(crossing(usual, []).at).toBeNull();
  expect(crossing([], []).at).toBeNull();
});
