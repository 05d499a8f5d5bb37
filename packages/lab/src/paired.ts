/** paired: what points differ by, round for round, so that what drifts between rounds cancels. */
import type { Interval, LabPoint } from "@crossbill/core";
import { quantile } from "./estimate.ts";

/** ns of `point` without those of `less`, one value a round; none when one was not measured. */
export function differences(
  point: LabPoint | undefined,
  less: readonly (LabPoint | undefined)[],
): readonly number[] {
  if (point === undefined) return [];
  const others = less.flatMap((one) => (one === undefined ? [] : [one.values]));
  if (others.length < less.length) return [];
  return point.values.flatMap((value, round) => {
    const taken = others.map((values) => values[round]);
    if (taken.includes(undefined)) return [];
    return [taken.reduce<number>((left, ns) => left - (ns ?? 0), value)];
  });
}

/** The middle 95 % of differences, which unlike prices may be negative; null without any. */
export function differenceInterval(values: readonly number[]): Interval | null {
  if (values.length === 0) return null;
  const at = (share: number): number => quantile(values, share);
  return { low: at(0.025), likely: at(0.5), high: at(0.975) };
}

/** Each bound of an interval through `of`, which must not fall. */
export function through(interval: Interval, of: (value: number) => number): Interval {
  return { low: of(interval.low), likely: of(interval.likely), high: of(interval.high) };
}
