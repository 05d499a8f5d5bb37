/** Time intervals: how far the statistical and the priced parts of the totals may be off. */
import type { Interval } from "../prices.ts";
import type { Recording } from "../recording.ts";
import {
  addIntervals,
  aroundLikely,
  scaleInterval,
  subtractIntervals,
  wilsonInterval,
} from "../statistics.ts";
import type { Rates } from "./rates.ts";
import { type SampleTotals, sampleTotals } from "./samples.ts";
import type { Bill, BillTime } from "./shape.ts";
import { sum } from "./sum.ts";

/** 95 % bounds around the totals of `time`; `crossings` are the calls that returned. */
export function timeIntervals(
  recording: Recording,
  time: BillTime,
  crossings: number,
  rates: Rates,
): Bill["intervals"] {
  const boundary = scaleInterval(rates.boundary, crossings);
  const { user, kernel } =
    recording.timing === "exact"
      ? timedBounds(recording, time, crossings, rates)
      : sampledBounds(sampleTotals(recording), crossings, rates);
  return {
    userNs: aroundLikely(user, time.userNs),
    boundaryNs: aroundLikely(boundary, time.boundaryNs),
    kernelNs: aroundLikely(kernel, time.kernelNs),
  };
}

interface Bounds {
  readonly user: Interval;
  readonly kernel: Interval;
}

/** Without samples nothing is known but the CPU time itself. */
function sampledBounds(samples: SampleTotals, crossings: number, rates: Rates): Bounds {
  const { onCpuNs, total } = samples;
  const inCalls = scaleInterval(wilsonInterval(samples.syscall, total), onCpuNs);
  const crossingCost = scaleInterval(addIntervals(rates.boundary, rates.overhead), crossings);
  return {
    user: scaleInterval(wilsonInterval(samples.user, total), onCpuNs),
    kernel: total === 0 ? inCalls : subtractIntervals(inCalls, crossingCost),
  };
}

/** Timed calls err by what is subtracted from them, and user time by the same the other way. */
function timedBounds(
  recording: Recording,
  time: BillTime,
  crossings: number,
  rates: Rates,
): Bounds {
  const onCpu = sum(recording.lines, (line) => line.onCpuNs ?? 0);
  const measured = { low: onCpu, likely: onCpu, high: onCpu };
  const floor = scaleInterval(rates.windowFloor, crossings);
  const spread = (interval: Interval) => interval.high - interval.low;
  const uncertain =
    (spread(rates.boundary) + spread(rates.overhead) + spread(rates.windowFloor)) * crossings;
  return {
    kernel: subtractIntervals(measured, floor),
    user: {
      low: Math.max(0, time.userNs - uncertain / 2),
      likely: time.userNs,
      high: time.userNs + uncertain / 2,
    },
  };
}
