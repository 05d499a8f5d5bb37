/** Changes: system calls and lines of two bills beside each other, as far as they differ. */
import { addError } from "../bill/call-costs.ts";
import type { Bill } from "../bill/shape.ts";
import type { Interval } from "../prices.ts";
import { callsOf } from "../quantity.ts";
import { addIntervals, zeroInterval } from "../statistics.ts";
import { identifyLine, identifyProcesses, type LineIdentity, pidsOf } from "./identity.ts";
import type { Counts, DiffLine, DiffSyscall, Times } from "./shape.ts";

/** What the calls of one row came to on one side. */
interface Calls {
  calls: number;
  bytes: number;
  readonly errors: Record<string, number>;
  kernelNs: Interval;
}

type Change = Pick<DiffLine, "state" | "calls" | "bytes" | "errors" | "kernelNs">;

/** Of all processes together, unfinished and not itemised calls included. */
export function syscallChanges(a: Bill, b: Bill): DiffSyscall[] {
  const rows = (bill: Bill) =>
    new Map(
      bill.syscalls.map(({ name, count, bytes, errors }) => [
        name,
        { calls: count, bytes, errors, kernelNs: zeroInterval },
      ]),
    );
  const changes = [...changesOf(rows(a), rows(b), false)].map(([name, change]) => {
    const { kernelNs: _, ...counts } = change;
    return { name, ...counts };
  });
  return changes.toSorted((one, other) => bySize(one, other) || byText(one.name, other.name));
}

/** By process, system call and target; what is not itemised is in no line. */
export function lineChanges(a: Bill, b: Bill, timesCompared: boolean): DiffLine[] {
  const keys = new Map<string, LineIdentity>();
  const changes = changesOf(linesOf(a, keys), linesOf(b, keys), timesCompared);
  const lines = [...changes].flatMap(([key, change]) => {
    const identity = keys.get(key);
    return identity === undefined ? [] : [{ key, line: { ...identity, ...change } }];
  });
  return lines
    .toSorted((one, other) => bySize(one.line, other.line) || byText(one.key, other.key))
    .map(({ line }) => line);
}

/** Sums lines that only differ in what changes from run to run; notes what each key stands for. */
function linesOf(bill: Bill, keys: Map<string, LineIdentity>): Map<string, Calls> {
  const [processes, pids] = [identifyProcesses(bill), pidsOf(bill)];
  const rows = new Map<string, Calls>();
  for (const line of bill.lines) {
    const identity = identifyLine(line, processes, pids);
    const key = JSON.stringify(identity);
    keys.set(key, identity);
    const row = rows.get(key) ?? { calls: 0, bytes: 0, errors: {}, kernelNs: zeroInterval };
    row.calls += callsOf(line);
    row.bytes += line.bytes;
    row.kernelNs = addIntervals(row.kernelNs, line.intervals.kernelNs);
    for (const [error, count] of Object.entries(line.errors)) addError(row.errors, error, count);
    rows.set(key, row);
  }
  return rows;
}

function* changesOf(
  a: ReadonlyMap<string, Calls>,
  b: ReadonlyMap<string, Calls>,
  timesCompared: boolean,
): Generator<readonly [string, Change]> {
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const change = changeOf(a.get(key), b.get(key), timesCompared);
    if (change !== null) yield [key, change];
  }
}

const none: Calls = { calls: 0, bytes: 0, errors: {}, kernelNs: zeroInterval };

/** Null: nothing that counts differs, and no time by more than its interval. */
function changeOf(
  a: Calls | undefined,
  b: Calls | undefined,
  timesCompared: boolean,
): Change | null {
  const [one, other] = [a ?? none, b ?? none];
  const change = {
    calls: { a: one.calls, b: other.calls },
    bytes: { a: one.bytes, b: other.bytes },
    errors: errorChanges(one.errors, other.errors),
    kernelNs: compareTimes(one.kernelNs, other.kernelNs, timesCompared),
  };
  if (a === undefined || b === undefined) {
    return { state: a === undefined ? "added" : "gone", ...change };
  }
  const isEqual =
    one.calls === other.calls &&
    one.bytes === other.bytes &&
    Object.keys(change.errors).length === 0 &&
    change.kernelNs.differs !== true;
  return isEqual ? null : { state: "changed", ...change };
}

function errorChanges(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, Counts> {
  const [inA, inB] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  const names = [...new Set([...inA.keys(), ...inB.keys()])].toSorted(byText);
  return Object.fromEntries(
    names
      .map((name) => [name, { a: inA.get(name) ?? 0, b: inB.get(name) ?? 0 }] as const)
      .filter(([, counts]) => counts.a !== counts.b),
  );
}

/** Two times differ only when their intervals do not meet. */
export function compareTimes(a: Interval, b: Interval, timesCompared: boolean): Times {
  return { a, b, differs: timesCompared ? a.high < b.low || b.high < a.low : null };
}

type Sized = Pick<Change, "calls" | "bytes"> & Partial<Pick<Change, "kernelNs">>;

/** What changed most first: by calls, then by time that surely differs, then by bytes. */
function bySize(one: Sized, other: Sized): number {
  return (
    distance(other.calls) - distance(one.calls) ||
    sureDistance(other.kernelNs) - sureDistance(one.kernelNs) ||
    distance(other.bytes) - distance(one.bytes)
  );
}

function distance({ a, b }: Counts): number {
  return Math.abs(b - a);
}

function sureDistance(times: Times | undefined): number {
  return times?.differs === true ? Math.abs(times.b.likely - times.a.likely) : 0;
}

/** Like sort without a locale: the same everywhere. */
function byText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
