/**
 * Fits of linear cost models: a cost is a sum of prices times known amounts (calls, bytes, pages).
 *
 * Errors are relative: a model that must serve 100 ns and 10 ms alike is judged by its share of
 * error at each point. Prices are never negative (Lawson and Hanson, "Solving Least Squares
 * Problems", 1974, ch. 23, by dropping negative ones). Intervals come from resampling the rounds in
 * which all points were measured (bootstrap; Efron and Tibshirani, 1993), since that is where the
 * variance is.
 */
import { Matrix, solve } from "ml-matrix";
import { medianSorted, quantile } from "simple-statistics";
import type { Interval } from "./prices.ts";
import { randomNumbers } from "./random-order.ts";

/** One measured cost, and the amounts it is made of. */
export interface FitPoint {
  /** The cost in each round, same unit throughout; the rounds of all points are the same ones. */
  readonly values: readonly number[];
  /** What the cost is made of, one amount for each price. */
  readonly amounts: readonly number[];
  /** A part of the cost that was measured apart, and is not fitted; 0 when absent. */
  readonly known?: number;
  /** Kept from the fit, to judge it. */
  readonly heldOut: boolean;
}

export interface LinearFit {
  /** One for each amount: unit of the costs per unit of the amount. */
  readonly prices: readonly Interval[];
  /** Median of |predicted - measured| / measured over the fitted points; NaN without any. */
  readonly fitError: number;
  /** The same over the points kept from the fit; null when there are none. */
  readonly heldOutError: number | null;
  /** (predicted - measured) / measured for each point, in their order. */
  readonly residuals: readonly number[];
}

const RESAMPLES = 200;

/** Median; NaN when empty. */
export function median(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : medianSorted(values.toSorted((a, b) => a - b));
}

/** The model's cost of `amounts`. */
export function predictCost(prices: readonly number[], amounts: readonly number[]): number {
  return amounts.reduce((sum, amount, at) => sum + amount * (prices[at] ?? 0), 0);
}

/** Prices of at least 0 with the least sum of squared relative errors; `costs` in order of points. */
function leastSquares(points: readonly FitPoint[], costs: readonly number[]): number[] {
  const width = points[0]?.amounts.length ?? 0;
  let kept = Array.from({ length: width }, (_, at) => at);
  while (kept.length > 0) {
    const scaled = points.map(({ amounts }, at) =>
      kept.map((column) => (amounts[column] ?? 0) / (costs[at] ?? 1)),
    );
    const shares = points.map(({ known = 0 }, at) => [1 - known / (costs[at] ?? 1)]);
    // Through the singular values: columns that the points cannot tell apart share the cost.
    const found = solve(new Matrix(scaled), new Matrix(shares), true).to1DArray();
    const least = Math.min(...found);
    if (!(least < 0)) {
      const prices = Array.from({ length: width }, () => 0);
      kept.forEach((column, at) => {
        prices[column] = found[at] ?? 0;
      });
      return prices;
    }
    const worst = found.indexOf(least);
    kept = kept.filter((_, at) => at !== worst);
  }
  return Array.from({ length: width }, () => 0);
}

/** What a point costs by its values in some rounds; NaN when there are none. */
export type CostOf = (values: readonly number[]) => number;

/**
 * Fits prices to the points that are not held out. Points without values or of cost 0 are left out.
 * `costOf` is the median, unless what disturbs only ever adds and is seldom absent.
 * @throws RangeError when there are fewer points than prices.
 */
export function fitLinear(points: readonly FitPoint[], costOf: CostOf = median): LinearFit {
  const usable = points.filter(({ values }) => costOf(values) > 0);
  const fitted = usable.filter(({ heldOut }) => !heldOut);
  const width = points[0]?.amounts.length ?? 0;
  if (fitted.length < width) {
    throw new RangeError(`${fitted.length} points cannot fit ${width} prices`);
  }
  const likely = leastSquares(
    fitted,
    fitted.map(({ values }) => costOf(values)),
  );
  const drawn = resample(fitted, costOf);
  const residualOf = ({ values, amounts, known = 0 }: FitPoint): number => {
    const measured = costOf(values);
    return measured > 0 ? (known + predictCost(likely, amounts)) / measured - 1 : Number.NaN;
  };
  const held = usable.filter(({ heldOut }) => heldOut);
  return {
    prices: likely.map((price, at) =>
      intervalAround(
        price,
        drawn.map((prices) => prices[at] ?? 0),
      ),
    ),
    fitError: median(fitted.map((point) => Math.abs(residualOf(point)))),
    heldOutError:
      held.length === 0 ? null : median(held.map((point) => Math.abs(residualOf(point)))),
    residuals: points.map(residualOf),
  };
}

/** The prices of RESAMPLES draws of the rounds, with replacement. */
function resample(fitted: readonly FitPoint[], costOf: CostOf): number[][] {
  const rounds = Math.min(...fitted.map(({ values }) => values.length));
  const next = randomNumbers(fitted.length); // The same values give the same intervals.
  return Array.from({ length: RESAMPLES }, () => {
    const draw = Array.from({ length: rounds }, () => Math.floor(next() * rounds));
    const costs = fitted.map(({ values }) =>
      costOf(draw.map((round) => values[round] ?? Number.NaN)),
    );
    return leastSquares(fitted, costs);
  });
}

function intervalAround(likely: number, drawn: readonly number[]): Interval {
  const at = (share: number): number => quantile([...drawn], share);
  return { low: Math.min(likely, at(0.025)), likely, high: Math.max(likely, at(0.975)) };
}
