import { expect, test } from "vitest";
import { split } from "./knots.ts";

const knots = [4, 64, 1024];

test("at a knot all of it belongs there, and beyond the ends to the nearest", () => {
  expect(split(10, 64, knots)).toEqual([0, 10, 0]);
  expect(split(10, 1, knots)).toEqual([10, 0, 0]);
  expect(split(10, 4096, knots)).toEqual([0, 0, 10]);
});

test("between two knots it is shared by the logarithm of the size", () => {
  expect(split(10, 16, knots)).toEqual([5, 5, 0]);
  const [, near = 0, far = 0] = split(10, 128, knots);
  expect(near + far).toBeCloseTo(10, 9);
  expect(far / near).toBeCloseTo(1 / 3, 9);
});
