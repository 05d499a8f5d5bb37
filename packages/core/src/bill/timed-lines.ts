/** Timed lines: CPU time between the two hooks of a call, and the work in it. */
import type { LedgerLine } from "./ledger.ts";
import { sum } from "./sum.ts";

/** CPU time between the hooks of all calls that returned. */
export function betweenHooks(lines: readonly LedgerLine[]): number {
  return sum(lines, ({ recorded }) => recorded.onCpuNs ?? 0);
}

/** The same line by line, less what a null call spends there. */
export function workBetweenHooks(lines: readonly LedgerLine[], floorNs: number): number[] {
  return lines.map(({ recorded: { onCpuNs, count } }) =>
    Math.max(0, (onCpuNs ?? 0) - count * floorNs),
  );
}
