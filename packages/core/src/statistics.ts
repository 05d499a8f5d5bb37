/** Statistics: intervals of shares, arithmetic of intervals, quantiles of log2 histograms. */
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

/**
 * A quantile of a log2 histogram, interpolated on the logarithmic scale inside its cell, where values
 * spread evenly rather than on the linear one (error: below the cell's factor of 2).
 * @returns null for an empty histogram.
 */
export function histogramQuantile(
  cells: readonly HistogramCell[],
  quantile: number,
): number | null {
  const sorted = sortCells(cells);
  const total = sorted.reduce((sum, cell) => sum + cell.count, 0);
  if (total === 0) return null;
  const rank = Math.min(1, Math.max(0, quantile)) * total;
  let before = 0;
  for (const cell of sorted) {
    if (before + cell.count >= rank && cell.count > 0) {
      return insideCell(cell.atMost, (rank - before) / cell.count);
    }
    before += cell.count;
  }
  return sorted.at(-1)?.atMost ?? null;
}

/** The upper bound of the highest filled cell; null for an empty histogram. */
export function histogramMaximum(cells: readonly HistogramCell[]): number | null {
  const filled = sortCells(cells).filter((cell) => cell.count > 0);
  return filled.at(-1)?.atMost ?? null;
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

function insideCell(atMost: number, fraction: number): number {
  if (atMost <= 1) return atMost; // The cells of 0 and 1 hold one value each.
  return (atMost / 2) * 2 ** fraction;
}
