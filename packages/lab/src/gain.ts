/** gain: how many times one point is cheaper than another, from the rounds both were measured in. */
import type { Interval, LabPoint } from "@crossbill/core";
import { intervalOver } from "./estimate.ts";

/** How many times dearer one point is than another, round by round; null without both. */
export function timesDearer(
  dearer: LabPoint | undefined,
  cheaper: LabPoint | undefined,
): Interval | null {
  if (dearer === undefined || cheaper === undefined) return null;
  const ratios = dearer.values.flatMap((value, round) => {
    const other = cheaper.values[round];
    return other === undefined || other <= 0 ? [] : [value / other];
  });
  return intervalOver(ratios);
}

/** Whether the whole interval is above the threshold, or below it; null: neither, or no interval. */
export function isAbove(value: Interval | null, threshold: number): boolean | null {
  if (value === null) return null;
  if (value.low > threshold) return true;
  return value.high < threshold ? false : null;
}
