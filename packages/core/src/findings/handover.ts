/** Handovers: what threads that wait for one another pay to be woken, on the CPU and off it. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import type { Interval } from "../prices.ts";
import { scaleInterval, zeroInterval } from "../statistics.ts";
import { type Evidence, leafWaitNs, type Program } from "./evidence.ts";

/** Time in which neither side runs after a wake-up, in context switches: another CPU may sleep. */
const WAKING = { low: 0, likely: 2, high: 12 };

/** Times that the processes of these lines gave up the CPU to wait: no more than that were woken. */
export function sleepsOf({ processes }: Program, lines: readonly BillLine[]): number {
  const own = new Set(lines.map(({ process }) => process.id));
  return sum(
    processes.filter(({ id }) => own.has(id)),
    ({ switches }) => switches.voluntary,
  );
}

/**
 * Elapsed time in which nothing of the run was on a CPU because the calls of `lines` had just been
 * woken, ns: their share of such time among all waiting, as long as `sleeps` wake-ups can take.
 */
export function wakingTime(
  { bill, idleShare, elapsedNs }: Evidence,
  lines: readonly BillLine[],
  sleeps: number,
): Interval {
  const all = leafWaitNs(bill.time);
  if (all === 0) return zeroInterval;
  const idleNs = idleShare * elapsedNs * Math.min(1, sum(lines, (line) => line.waitNs) / all);
  const wakeUps = scaleInterval(bill.prices.contextSwitchNs, sleeps);
  return {
    low: Math.min(idleNs, WAKING.low * wakeUps.low),
    likely: Math.min(idleNs, WAKING.likely * wakeUps.likely),
    high: Math.min(idleNs, WAKING.high * wakeUps.high),
  };
}

/** The part of a cost that goes when `many` of them become one. */
export function grouped(cost: Interval, { low, likely, high }: Interval): Interval {
  return {
    low: cost.low * (1 - 1 / Math.max(1, low)),
    likely: cost.likely * (1 - 1 / Math.max(1, likely)),
    high: cost.high * (1 - 1 / Math.max(1, high)),
  };
}
