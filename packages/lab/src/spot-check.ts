/** spot-check: do stored prices still hold? One short measurement of the null system call tells. */
import type { Interval, Prices } from "@crossbill/core";
import { measure } from "@crossbill/native";
import { nsPerEvent } from "./estimate.ts";

/** Enough for some 200 blocks; with the process's start below 50 ms. */
const SECONDS = 0.01;
/** How far outside its interval a price may be found: machines wander by less, settings by more. */
const TOLERATED_FACTOR = 2;

export interface SpotCheck {
  readonly matches: boolean;
  /** The null system call as it is now, ns. */
  readonly nowNs: number;
  readonly stored: Interval;
}

/** True when `ns` is not more than a factor of two outside the interval. */
export function withinReach(ns: number, interval: Interval): boolean {
  return ns >= interval.low / TOLERATED_FACTOR && ns <= interval.high * TOLERATED_FACTOR;
}

/**
 * Measures the null system call again. The harness's own cost, below a nanosecond, is left in.
 * @throws UnsupportedError when it cannot be measured; AbortError through `signal`.
 */
export async function pricesStillMatch(prices: Prices, signal?: AbortSignal): Promise<SpotCheck> {
  const stored = prices.nullSyscallNs;
  const samples = await measure({ mechanism: "getppid", seconds: SECONDS }, signal);
  const nowNs = nsPerEvent(samples.blocks) ?? 0;
  return { matches: withinReach(nowNs, stored), nowNs, stored };
}
