/**
 * estimate: from raw blocks to a price with its interval.
 *
 * Interference only ever adds time, so what a thing costs is a low quantile of many short blocks
 * (Chen and Revels, "Robust benchmarking in noisy environments", 2016), not their mean. How much
 * that quantile wanders is between processes, not within one (Kalibera and Jones, "Rigorous
 * benchmarking in reasonable time", 2013): layout, page placement and frequency are drawn anew
 * each time. So each process gives one value, and the interval is taken over the processes.
 */
import type { Interval } from "@crossbill/core";
import type { Block } from "@crossbill/native";

/** Low enough to dodge interrupts, high enough not to be the one lucky block. */
export const LOW_QUANTILE = 0.1;
/** The interval holds the middle 95 % of the processes' values. */
const TAIL = 0.025;

/** Quantile `share` (0 to 1) by linear interpolation between order statistics; NaN when empty. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = Math.min(Math.max(share, 0), 1) * (sorted.length - 1);
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) return Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** Price of one event in ns: quantile `share` of the blocks that saw any; null when none did. */
export function nsPerEvent(blocks: readonly Block[], share = LOW_QUANTILE): number | null {
  const prices = blocks.filter((block) => block.events > 0).map((block) => block.ns / block.events);
  return prices.length === 0 ? null : quantile(prices, share);
}

/**
 * The interval over repeated values, one for each process. Differences may come out below zero
 * by noise; a price does not, so the interval is cut there. Null when there are no values.
 */
export function intervalOver(values: readonly number[]): Interval | null {
  if (values.length === 0) return null;
  const at = (share: number): number => Math.max(0, quantile(values, share));
  return { low: at(TAIL), likely: at(0.5), high: at(1 - TAIL) };
}

/** How far the interval reaches to either side of its likely value, as a share of that. */
export function relativeSpread(interval: Interval): number {
  return interval.likely > 0 ? (interval.high - interval.low) / 2 / interval.likely : 0;
}
