/** Paired ratio: what a change does to the time, from runs of both measured side by side. */
import { median } from "./fit.ts";
import type { Interval } from "./prices.ts";
import type { ShareInterval } from "./trial.ts";

/** One run as it was and one with the change, one right after the other, in random order. */
export interface TimedPair {
  readonly plainNs: number;
  readonly changedNs: number;
}

/** Fewer pairs than this say nothing at the 95 % level: their extremes are then the bounds. */
export const FEWEST_PAIRS = 6;

/**
 * Changed time over plain time: the median of the ratios, bounded by the order statistics that hold
 * it in 95 % of cases whatever the distribution (sign test, e.g. Conover 1999, section 3.2). What slows
 * a whole pair cancels. Fewer than FEWEST_PAIRS give their extremes: 5 of them hold it in 94 %.
 * @returns null without a pair in which both took time.
 */
export function pairedRatio(pairs: readonly TimedPair[]): Interval | null {
  const ratios = pairs
    .filter(({ plainNs, changedNs }) => plainNs > 0 && changedNs > 0)
    .map(({ plainNs, changedNs }) => changedNs / plainNs)
    .toSorted((a, b) => a - b);
  const outside = outsideEachEnd(ratios.length);
  const low = ratios[outside];
  const high = ratios[ratios.length - 1 - outside];
  if (low === undefined || high === undefined) return null;
  return { low, likely: Math.exp(median(ratios.map(Math.log))), high };
}

/** How many values may be left out at each end so that the rest still holds the median, at 95 %. */
function outsideEachEnd(count: number): number {
  let outside = 0;
  let ways = 1; // Binomial coefficient: count over outside.
  let tail = 1;
  while ((2 * (tail + (ways * (count - outside)) / (outside + 1))) / 2 ** count <= 0.05) {
    ways = (ways * (count - outside)) / (outside + 1);
    outside += 1;
    tail += ways;
  }
  return outside;
}

/** The saving as shares of the elapsed time, when `share` of it becomes `ratio` times as long. */
export function savedShares(ratio: Interval, share: number): ShareInterval {
  return {
    lowShare: (1 - ratio.high) * share,
    likelyShare: (1 - ratio.likely) * share,
    highShare: (1 - ratio.low) * share,
  };
}
