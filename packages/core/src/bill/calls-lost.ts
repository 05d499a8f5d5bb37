/** Calls lost: what a recorder saw and could not keep, so that the counts of the bill are too low. */
import type { Bill } from "./shape.ts";
import { sum } from "./sum.ts";

/** Lost calls, and threads of which no call was seen. */
export function callsLost({ audit, warnings }: Pick<Bill, "audit" | "warnings">): number {
  return audit.lost + sum(warnings, (one) => (one.code === "threads-lost" ? one.count : 0));
}
