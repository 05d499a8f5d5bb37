/** Call values: the five figures that exports carry of calls, and of a bill in all. */
import type { CallCosts } from "../bill/call-costs.ts";
import type { Bill, BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import { waitReasons } from "../wait-reason.ts";

export const valueNames = ["boundary", "kernel", "wait", "crossings", "bytes"] as const;
export type ValueName = (typeof valueNames)[number];
/** Whole nanoseconds, calls and bytes. */
export type CallValues = Readonly<Record<ValueName, number>>;

export const valueUnits: Readonly<Record<ValueName, "nanoseconds" | "count" | "bytes">> = {
  boundary: "nanoseconds",
  kernel: "nanoseconds",
  wait: "nanoseconds",
  crossings: "count",
  bytes: "bytes",
};

/** Makes values of a rule for each. */
export function eachValue(of: (name: ValueName) => number): CallValues {
  return {
    boundary: of("boundary"),
    kernel: of("kernel"),
    wait: of("wait"),
    crossings: of("crossings"),
    bytes: of("bytes"),
  };
}

export function addValues(a: CallValues, b: CallValues): CallValues {
  return eachValue((name) => a[name] + b[name]);
}

export const noValues: CallValues = eachValue(() => 0);

/** Of a line, or of a row of calls that has no bytes. */
export function valuesOf(
  calls: Pick<CallCosts, "count" | "boundaryNs" | "kernelNs" | "waitNs"> &
    Partial<Pick<BillLine, "bytes">>,
): CallValues {
  const { boundaryNs, kernelNs, waitNs, count, bytes = 0 } = calls;
  return { boundary: boundaryNs, kernel: kernelNs, wait: waitNs, crossings: count, bytes };
}

/** What every export adds up to. */
export function billValues({ time, syscalls, leftOut }: Bill): CallValues {
  return {
    boundary: time.boundaryNs,
    kernel: time.kernelNs,
    wait: sum(waitReasons, (reason) => time.waitNs[reason]),
    crossings: sum(syscalls, ({ count }) => count) + (leftOut?.crossings ?? 0),
    bytes: sum(syscalls, ({ bytes }) => bytes),
  };
}

/** Calls that no line holds. */
export interface LooseCalls {
  /** Why no line does; in brackets, so that it is no process. */
  readonly where: string;
  /** null: of several system calls. */
  readonly syscall: string | null;
  readonly values: CallValues;
}

export const NOT_ITEMISED = "(not itemised)";
export const UNFINISHED = "(did not return)";
export const LEFT_OUT = "(left out)";

/** All calls that no line holds: with the lines they add up to the bill. */
export function looseCalls({ notItemised, unfinished, leftOut }: Bill): LooseCalls[] {
  const rows: LooseCalls[] = notItemised.map((calls) => ({
    where: NOT_ITEMISED,
    syscall: calls.syscall,
    values: valuesOf(calls),
  }));
  for (const { syscall, count } of unfinished.calls) {
    rows.push({ where: UNFINISHED, syscall, values: { ...noValues, crossings: count } });
  }
  const { kernelNs, waitNs } = unfinished;
  rows.push({
    where: UNFINISHED,
    syscall: null,
    values: { ...noValues, kernel: kernelNs, wait: waitNs },
  });
  if (leftOut !== null) {
    const { crossings, ...times } = leftOut;
    const values = valuesOf({ count: crossings, ...times });
    rows.push({ where: LEFT_OUT, syscall: null, values });
  }
  return rows.filter(({ values }) => valueNames.some((name) => values[name] > 0));
}
