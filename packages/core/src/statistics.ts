/** Statistics: intervals of shares, arithmetic of intervals, bounds of quantiles of log2 histograms. */
import { probit } from "simple-statistics";
import type { Interval } from "./prices.ts";
import type { HistogramCell } from "./recording.ts";

/** Standard deviations that bound the middle 95 % of a normal distribution, about 1.96. */
const Z_95 = probit(0.975);

/**
 * Wilson's 95 % score interval of a share (Wilson 1927, JASA 22:209): it stays inside [0, 1] and keeps
 * its coverage for few trials and for shares near 0 and 1, where the normal interval does not.
 * Without trials nothing is known: [0, 1].
 */
export function wilsonInterval(hits: number, trials: number): Interval {
  if (trials <= 0) return { low: 0, likely: 0, high: 1 };
  const share = Math.min(1, Math.max(0, hits / trials));
  const z2 = Z_95 * Z_95;
  const centre = (share + z2 / (2 * trials)) / (1 + z2 / trials);
  const spread = Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials * trials));
  const half = (Z_95 * spread) / (1 + z2 / trials);
  return {
    low: Math.min(share, Math.max(0, centre - half)),
    likely: share,
    high: Math.max(share, Math.min(1, centre + half)),
  };
}

/** Half the width of an interval relative to its likely value; infinite when that is 0. */
export function relativeHalfWidth(interval: Interval): number {
  if (interval.likely === 0) return interval.high === interval.low ? 0 : Number.POSITIVE_INFINITY;
  return (interval.high - interval.low) / 2 / interval.likely;
}

/** Multiplies by a factor >= 0. */
export function scaleInterval(interval: Interval, factor: number): Interval {
  return {
    low: interval.low * factor,
    likely: interval.likely * factor,
    high: interval.high * factor,
  };
}

/** Bounds of a sum whose parts may all err the same way: wider than for independent parts. */
export function addIntervals(...parts: readonly Interval[]): Interval {
  const sum = { low: 0, likely: 0, high: 0 };
  for (const part of parts) {
    sum.low += part.low;
    sum.likely += part.likely;
    sum.high += part.high;
  }
  return sum;
}

/** Bounds of a difference of quantities that cannot be negative: floored at 0. */
export function subtractIntervals(from: Interval, what: Interval): Interval {
  return {
    low: Math.max(0, from.low - what.high),
    likely: Math.max(0, from.likely - what.likely),
    high: Math.max(0, from.high - what.low),
  };
}

/** Widens an interval so that it holds `likely`, which becomes its likely value. */
export function aroundLikely(interval: Interval, likely: number): Interval {
  return { low: Math.min(interval.low, likely), likely, high: Math.max(interval.high, likely) };
}

export const zeroInterval: Interval = { low: 0, likely: 0, high: 0 };

/** What is known of the values in a histogram besides their cells. */
export interface KnownSum {
  /** Sum of the values. */
  readonly sum: number;
  /** How far the cells are below their values at most, each: what the histogram does not see. */
  readonly above: number;
  /** How far the cells are above their values at most, in all: what only the histogram sees. */
  readonly below: number;
  /** Whether the sum holds values that the histogram does not have. */
  readonly hasMore: boolean;
}

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/**
 * Bounds of a quantile of values of which a log2 histogram and the sum are known: the smallest value
 * that at least such a share of them does not exceed. No value inside the bounds contradicts the
 * cells or the sum; a single value is its sum.
 * @returns null for an empty histogram.
 */
export function quantileBounds(
  cells: readonly HistogramCell[],
  quantile: number,
  { sum, above, below, hasMore }: KnownSum,
): Bounds | null {
  const filled = sortCells(cells).filter((cell) => cell.count > 0);
  const total = filled.reduce((all, cell) => all + cell.count, 0);
  const rank = Math.max(1, Math.ceil(Math.min(1, quantile) * total - 1e-9));
  let before = 0;
  let lowestBefore = 0;
  let own: HistogramCell | null = null;
  let highestAfter = 0;
  for (const cell of filled) {
    const isOwn = own === null && before + cell.count >= rank;
    if (isOwn) own = cell;
    const smaller = Math.max(0, Math.min(cell.count, rank - 1 - before));
    const larger = Math.max(0, Math.min(cell.count, before + cell.count - rank));
    lowestBefore += smaller * lowestIn(cell);
    highestAfter += larger * (cell.atMost + above);
    before += cell.count;
  }
  if (own === null) return null;
  // All from this rank on are as large, those before it are at least the lowest of their cells.
  const least = Math.max(0, lowestBefore - below);
  const fromSum = (sum - (least < sum ? least : 0)) / (total - rank + 1);
  const rest = hasMore ? 0 : Math.max(0, (sum - highestAfter) / rank);
  // A sum that contradicts the cells, as when prices were scaled down, is what the bill shows.
  const high = Math.max(rest, Math.min(own.atMost + above, fromSum));
  return { low: Math.min(high, Math.max(rest, lowestIn(own) - below)), high };
}

function lowestIn({ atMost }: HistogramCell): number {
  return atMost <= 1 ? atMost : atMost / 2; // The cells of 0 and 1 hold one value each.
}

/** Adds histograms cell by cell, smallest cell first. */
export function mergeHistograms(
  ...histograms: readonly (readonly HistogramCell[])[]
): HistogramCell[] {
  const counts = new Map<number, number>();
  for (const cell of histograms.flat()) {
    counts.set(cell.atMost, (counts.get(cell.atMost) ?? 0) + cell.count);
  }
  return sortCells([...counts].map(([atMost, count]) => ({ atMost, count })));
}

function sortCells(cells: readonly HistogramCell[]): HistogramCell[] {
  return [...cells].sort((a, b) => a.atMost - b.atMost);
}
