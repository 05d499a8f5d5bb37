/** Call costs: what every list of a bill says of its calls, and how two of them become one. */
import type { BillLine } from "./shape.ts";

export type CallCosts = Pick<BillLine, "count" | "errors" | "boundaryNs" | "kernelNs" | "waitNs">;

/** What calls cost: their boundary, their work and their waiting, ns. */
export function lineCost(calls: Pick<CallCosts, "boundaryNs" | "kernelNs" | "waitNs">): number {
  return calls.boundaryNs + calls.kernelNs + calls.waitNs;
}

export function addCosts(into: CallCosts, calls: CallCosts): void {
  into.count += calls.count;
  into.boundaryNs += calls.boundaryNs;
  into.kernelNs += calls.kernelNs;
  into.waitNs += calls.waitNs;
  for (const [error, count] of Object.entries(calls.errors)) addError(into.errors, error, count);
}

/** Counts an error by name. In the file of a stranger its name may be that of a method, "valueOf". */
export function addError(errors: Record<string, number>, name: string, count: number): void {
  const known = Object.hasOwn(errors, name) ? (errors[name] ?? 0) : 0;
  errors[name] = known + count;
}
