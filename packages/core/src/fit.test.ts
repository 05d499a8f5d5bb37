import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type FitPoint, fitLinear, median, predictCost } from "./fit.ts";

/** Points of a known model, `noise` a factor for each round. */
function points(prices: readonly number[], noise: readonly number[]): FitPoint[] {
  return [1, 2, 4, 16, 256, 1024, 65_536].map((amount, at) => ({
    values: noise.map((factor) => predictCost(prices, [1, amount]) * factor),
    amounts: [1, amount],
    heldOut: at % 3 === 2,
  }));
}

test("a model without noise is found again, over six decades", () => {
  const price = fc.double({ min: 0.01, max: 10_000, noNaN: true });
  fc.assert(
    fc.property(price, price, (fixed, each) => {
      const fit = fitLinear(points([fixed, each], [1, 1, 1]));
      expect(fit.fitError).toBeLessThan(1e-6);
      expect(fit.heldOutError).toBeLessThan(1e-6);
    }),
  );
});

test("the interval holds the truth and grows with the noise between rounds", () => {
  const quiet = fitLinear(points([300, 0.1], [0.99, 1, 1.01])).prices[0];
  const noisy = fitLinear(points([300, 0.1], [0.9, 1, 1.1])).prices[0];
  expect(quiet?.low).toBeLessThanOrEqual(300);
  expect(quiet?.high).toBeGreaterThanOrEqual(300);
  const width = (one: typeof quiet) => (one?.high ?? 0) - (one?.low ?? 0);
  expect(width(noisy)).toBeGreaterThan(width(quiet));
});

test("no price is negative, even where the data would have it so", () => {
  const falling = [1, 2, 3, 4].map((amount) => ({
    values: [100 - 10 * amount],
    amounts: [1, amount],
    heldOut: false,
  }));
  const fit = fitLinear(falling);
  expect(fit.prices[1]).toEqual({ low: 0, likely: 0, high: 0 });
  expect(fit.prices[0]?.likely).toBeGreaterThan(0);
});

test("points without values are left out; too few are an error", () => {
  const empty: FitPoint = { values: [], amounts: [1, 3], heldOut: false };
  const fit = fitLinear([...points([5, 2], [1]), empty]);
  expect(fit.prices[1]?.likely).toBeCloseTo(2);
  expect(fit.residuals.at(-1)).toBeNaN();
  expect(() => fitLinear([empty])).toThrow(RangeError);
  expect(median([])).toBeNaN();
});

test("what is known of a cost is not fitted, and the errors are those of the whole", () => {
  const known = points([300, 0.1], [1, 1, 1]).map((point, at) => ({
    ...point,
    values: point.values.map((value) => value + 1000 * at),
    known: 1000 * at,
  }));
  const fit = fitLinear(known);
  expect(fit.prices[0]?.likely).toBeCloseTo(300);
  expect(fit.prices[1]?.likely).toBeCloseTo(0.1);
  const wrong = fitLinear(known.map((point) => ({ ...point, amounts: [0, 1e-9] })));
  expect(wrong.residuals.every((residual) => residual > -1)).toBe(true);
});

test("the least of the rounds finds the model again, whatever the disturbed ones add", () => {
  const disturbed = points([300, 0.1], [1, 1.7, 1.2, 1.9]);
  const least = (values: readonly number[]) => Math.min(...values);
  expect(fitLinear(disturbed, least).prices[0]?.likely).toBeCloseTo(300);
  expect(fitLinear(disturbed).prices[0]?.likely).toBeGreaterThan(400);
});
