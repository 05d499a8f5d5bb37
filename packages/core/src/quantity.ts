/** Quantity: what a rule can be about: calls, errors, faults, bytes or a time, read from a bill by name. */
import { lineCost } from "./bill/call-costs.ts";
import type { Bill, BillLine } from "./bill/shape.ts";
import { sum } from "./bill/sum.ts";
import { errnoNameList } from "./errno.ts";
import { UsageError } from "./errors.ts";
import { nearestName } from "./nearest-name.ts";
import type { Interval } from "./prices.ts";
import { printable } from "./printable.ts";
import { syscallNames } from "./syscalls.ts";
import { parseTraceExpression, type SyscallSelection } from "./trace-expression.ts";
import { waitReasons } from "./wait-reason.ts";

export const quantityUnits = ["calls", "errors", "faults", "switches", "bytes", "ns"] as const;
export type QuantityUnit = (typeof quantityUnits)[number];

export interface Quantity {
  /** As in a budget: "openat", "minor faults". */
  readonly name: string;
  readonly unit: QuantityUnit;
  /**
   * How well one run knows it. "exact": counted. "bounded": an interval of samples or prices.
   * "single": measured well, but another run may come to another value.
   */
  readonly certainty: "exact" | "bounded" | "single";
  /** What a bill says of it; an exact one has equal ends. */
  read(bill: Bill): Interval;
  /** How much of it one line is; 0 when lines say nothing about it. */
  weigh(line: BillLine): number;
}

/** All calls of a line, those that did not return too, as system call rows count them. */
export function callsOf({ count, unfinished = 0 }: Pick<BillLine, "count" | "unfinished">): number {
  return count + unfinished;
}

export function exactly(value: number): Interval {
  return { low: value, likely: value, high: value };
}

function failed(errors: Readonly<Record<string, number>>): number {
  return sum(Object.values(errors), (count) => count);
}

type Named = Pick<Quantity, "unit" | "read"> & Partial<Quantity>;

/** A count that no line is part of. */
function counted(unit: QuantityUnit, of: (bill: Bill) => number): Named {
  return { unit, read: (bill) => exactly(of(bill)) };
}

function timed(of: (bill: Bill) => number, weigh?: Quantity["weigh"]): Named {
  const named: Named = { unit: "ns", certainty: "single", read: (bill) => exactly(of(bill)) };
  return weigh === undefined ? named : { ...named, weigh };
}

function bounded(of: (bill: Bill) => Interval, weigh?: Quantity["weigh"]): Named {
  const named: Named = { unit: "ns", certainty: "bounded", read: of };
  return weigh === undefined ? named : { ...named, weigh };
}

const crossings: Named = {
  ...counted("calls", ({ audit }) => audit.entered),
  weigh: callsOf,
};

const byName: Readonly<Record<string, Named>> = {
  crossings,
  syscalls: crossings,
  errors: {
    ...counted("errors", ({ syscalls }) => sum(syscalls, ({ errors }) => failed(errors))),
    weigh: ({ errors }) => failed(errors),
  },
  bytes: {
    ...counted("bytes", ({ syscalls }) => sum(syscalls, ({ bytes }) => bytes)),
    weigh: ({ bytes }) => bytes,
  },
  faults: counted("faults", ({ faults }) => faults.minor.count + faults.major.count),
  "minor faults": counted("faults", ({ faults }) => faults.minor.count),
  "major faults": counted("faults", ({ faults }) => faults.major.count),
  switches: counted("switches", ({ switches }) => switches.voluntary + switches.involuntary),
  "voluntary switches": counted("switches", ({ switches }) => switches.voluntary),
  "involuntary switches": counted("switches", ({ switches }) => switches.involuntary),
  user: bounded(({ intervals }) => intervals.userNs),
  boundary: bounded(
    ({ intervals }) => intervals.boundaryNs,
    (line) => line.boundaryNs,
  ),
  kernel: bounded(
    ({ intervals }) => intervals.kernelNs,
    (line) => line.kernelNs,
  ),
  waiting: timed(
    ({ time }) => sum(waitReasons, (reason) => time.waitNs[reason]),
    (line) => line.waitNs,
  ),
  wall: timed(({ time }) => time.wallNs, lineCost),
  elapsed: timed(({ elapsedNs }) => elapsedNs, lineCost),
};

/** The names that are no system call and no error. */
export const quantityNames: readonly string[] = Object.keys(byName);

/**
 * Reads a name: one of `quantityNames`, an error such as ENOENT, or system calls as `-e` takes them,
 * "syscalls:" before them or not: `openat`, `%file`, `syscalls:!futex,sched_yield`.
 * @throws UsageError for a name that means nothing, with the nearest one.
 */
export function parseQuantity(text: string): Quantity {
  const written = text.trim();
  const plain = written.toLowerCase().replaceAll(/[\s_-]+/g, " ");
  const named = Object.hasOwn(byName, plain) ? byName[plain] : undefined;
  if (named !== undefined) return complete(plain, named);
  if (/^(E[A-Z0-9]+|errno_\d{1,10})$/.test(written)) return errorQuantity(written);
  const set = written.replace(/^syscalls:/, "");
  return callsQuantity(set, selectionOf(set, set !== written));
}

function complete(name: string, named: Named): Quantity {
  return { certainty: "exact", weigh: () => 0, ...named, name };
}

function errorQuantity(error: string): Quantity {
  const known = errnoNameList();
  if (error.startsWith("E") && !known.includes(error)) {
    const nearest = nearestName(error, known);
    throw new UsageError(
      `unknown error ${error}`,
      nearest === null ? {} : { remedy: `did you mean ${nearest}?` },
    );
  }
  const count = ({ errors }: Pick<BillLine, "errors">) =>
    Object.hasOwn(errors, error) ? (errors[error] ?? 0) : 0;
  return complete(error, {
    ...counted("errors", ({ syscalls }) => sum(syscalls, count)),
    weigh: count,
  });
}

function callsQuantity(name: string, selection: SyscallSelection): Quantity {
  return complete(name, {
    ...counted("calls", ({ syscalls }) =>
      sum(syscalls, (row) => (selection.has(row.name) ? row.count : 0)),
    ),
    weigh: (line) => (selection.has(line.syscall) ? callsOf(line) : 0),
  });
}

/** A word that is no system call either may be a slip in one of our own names. */
function selectionOf(set: string, saysSyscalls: boolean): SyscallSelection {
  try {
    return parseTraceExpression(set);
  } catch (cause) {
    if (saysSyscalls || !/^[\w -]+$/.test(set)) throw cause;
    const meant = nearestName(set.toLowerCase(), [...quantityNames, ...syscallNames()]);
    throw new UsageError(`unknown quantity "${printable(set, { maxWidth: 60 })}"`, {
      remedy:
        meant === null
          ? `name a system call, an error, or one of: ${quantityNames.join(", ")}`
          : `did you mean ${meant}?`,
      cause,
    });
  }
}
