/** Path calls: which lines ask for something by its path, and which part of them found nothing. */
import type { BillLine } from "../bill/shape.ts";
import type { Interval } from "../prices.ts";
import { scaleInterval } from "../statistics.ts";

/** Calls that only ask whether a path is there and what it is. */
export const STATS: ReadonlySet<string> = new Set(
  "stat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat".split(" "),
);
export const OPENS: ReadonlySet<string> = new Set(["open", "openat", "openat2"]);

/** A look into a table of the program's own, in null system calls: hash a path, compare it. */
const LOOK_UP = { low: 0, likely: 0.1, high: 0.4 };
/** Share of repeated paths when the recorder could not tell: anything, but storms mostly repeat. */
const REPEATED = { low: 0.1, likely: 0.9, high: 1 };

/** Calls that failed because the path, or a folder on it, does not exist. */
export function missesOf({ errors }: BillLine): number {
  return (errors["ENOENT"] ?? 0) + (errors["ENOTDIR"] ?? 0);
}

/** `asked` looks into a table instead of calls, ns; `nullCall` is the price of a null system call. */
export function lookUps(nullCall: Interval, asked: number): Interval {
  return {
    low: LOOK_UP.low * nullCall.likely * asked,
    likely: LOOK_UP.likely * nullCall.likely * asked,
    high: LOOK_UP.high * nullCall.likely * asked,
  };
}

/** Of a line's cost, what those of `calls` cost that asked again for a path that was known. */
export function repeated(line: BillLine, calls: number, cost: Interval): Interval {
  const own = scaleInterval(cost, calls / Math.max(1, line.count));
  if (line.distinctPaths !== undefined) {
    return scaleInterval(own, Math.max(0, 1 - line.distinctPaths / Math.max(1, calls)));
  }
  return {
    low: own.low * REPEATED.low,
    likely: own.likely * REPEATED.likely,
    high: own.high * REPEATED.high,
  };
}
