/** Durations as people write them: 10s, 500ms, 2m, 1h; a bare number is seconds. */
import { printable, UsageError } from "@crossbill/core";

const unitMilliseconds: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  "": 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};

/** Node's timers hold no more than 2^31 - 1 ms: 24.8 days. */
const MILLISECONDS_MAX = 2 ** 31 - 1;

/** The duration in ms, at least 1. Throws UsageError for anything else. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,10}(?:\.\d{1,9})?)(ms|s|m|min|h|)$/.exec(text.trim());
  const unit = unitMilliseconds[match?.[2] ?? "?"];
  const milliseconds =
    match === null || unit === undefined ? 0 : Math.round(Number(match[1]) * unit);
  if (milliseconds >= 1 && milliseconds <= MILLISECONDS_MAX) return milliseconds;
  throw new UsageError(`--duration: ${printable(text)} is not a time from 1ms to 24 days`, {
    remedy: "write it as 10s, 500ms or 2m",
  });
}
