/** access-pattern: the calls to replay, from the recorded order or, without one, from their shape. */
import type { Bill, BillLine } from "@crossbill/core";
import { isRead, isSync, isWrite, operationOf, type PlannedAccess } from "./planned-access.ts";
import { shapedAccesses, succeeded } from "./shaped-accesses.ts";
import { costOf, fitsKind, type Subject } from "./subject.ts";
import type { Way } from "./ways.ts";

/** As in native/src/replay-plan.h. */
const MOST_ACCESSES = 2 ** 20;
const MOST_ASKED = 16 * 2 ** 20;
/** Half of what ext4 can hold in one file. */
const MOST_OFFSET = 8 * 2 ** 40;
/** A trial repeats the calls about twenty times, and somebody waits for it. */
const MOST_RECORDED_NS = 400e6;

export interface AccessPattern {
  readonly accesses: readonly PlannedAccess[];
  /** "recorded": in the order they were made. "shaped": only counts, sizes and order agree. */
  readonly order: "recorded" | "shaped";
  /** Share of the subject's calls that are in it. */
  readonly share: number;
  readonly recordedCalls: number;
}

type Sequence = NonNullable<Bill["sequences"]>[number];

/** The pattern of a subject's calls; a sentence why there is none. `fileBytes`: size of the file that is read. */
export function accessPattern(
  bill: Bill,
  subject: Subject,
  way: Way,
  fileBytes: number | null,
): AccessPattern | string {
  const lines = subject.lines.filter(({ syscall }) => fitsKind(syscall, way.kind));
  const recordedCalls = lines.reduce((all, line) => all + succeeded(line), 0);
  const inOrder = orderedAccesses(bill.sequences ?? [], subject, way);
  const known = inOrder.length > 0 ? withSyncs(inOrder, lines) : null;
  const all = known ?? shapedAccesses(lines, fileBytes ?? extentOf(subject), MOST_ACCESSES);
  const why = misfit(all, fileBytes);
  if (why !== null) return why;
  const perAccess = Math.max(1, costOf(subject.lines) / Math.max(1, recordedCalls));
  const most = Math.max(1, Math.min(MOST_ACCESSES, Math.floor(MOST_RECORDED_NS / perAccess)));
  const accesses = all.slice(0, most);
  return {
    accesses,
    order: known === null ? "shaped" : "recorded",
    share: Math.min(1, accesses.length / Math.max(1, recordedCalls)),
    recordedCalls,
  };
}

/** Why calls cannot be made here, whatever a recording says; null: they can. */
function misfit(accesses: readonly PlannedAccess[], fileBytes: number | null): string | null {
  if (accesses.length === 0) return "none of its calls succeeded";
  if (accesses.some(({ asked }) => asked > MOST_ASKED)) {
    return "it asks for more than 16 MiB at a time, where a crossing costs nothing";
  }
  if (accesses.some(({ offset }) => offset > MOST_OFFSET)) return "it goes beyond 8 TiB";
  const beyond = ({ operation, offset, moved }: PlannedAccess): boolean =>
    fileBytes !== null && isRead(operation) && moved > 0 && offset + moved > fileBytes;
  return accesses.some(beyond) ? "it read more than the file has now: record again" : null;
}

/** How far a written file reaches, where nobody knows. */
function extentOf({ sizeBytes, lines }: Subject): number {
  return sizeBytes ?? lines.reduce((all, { bytes }) => all + bytes, 0);
}

/** All accesses of the process to the file in time, each at its place. Failed calls are left out. */
function orderedAccesses(
  sequences: readonly Sequence[],
  { process, path }: Subject,
  way: Way,
): PlannedAccess[] {
  const own = sequences.filter((one) => one.process === process && one.target.path === path);
  const timed = own.flatMap(({ calls, accesses }) =>
    accesses.flatMap(([index, offset, asked, moved, atNs]) => {
      const syscall = calls[index] ?? "";
      const operation = operationOf(syscall);
      if (operation === null || !fitsKind(syscall, way.kind) || moved < 0 || offset < 0) return [];
      return [{ atNs, access: { operation, offset, asked: Math.max(asked, moved), moved } }];
    }),
  );
  return positioned(timed.toSorted((a, b) => a.atNs - b.atNs).map(({ access }) => access));
}

/**
 * Several descriptors have a position each, a replay has one: a read or write that is not where the
 * one before ended names its place, which costs about the same.
 */
function positioned(accesses: readonly PlannedAccess[]): PlannedAccess[] {
  let position = accesses[0]?.offset ?? 0;
  return accesses.map((access) => {
    const { operation, offset, moved } = access;
    if (operation === "seek") position = offset;
    if (operation !== "read" && operation !== "write") return access;
    if (offset !== position) return { ...access, operation: `p${operation}` as const };
    position = offset + moved;
    return access;
  });
}

/** Sequences hold no fsync, lines do: spread evenly behind the writes. */
function withSyncs(
  accesses: readonly PlannedAccess[],
  lines: readonly BillLine[],
): PlannedAccess[] {
  const syncs = lines.filter(({ syscall }) => {
    const operation = operationOf(syscall);
    return operation !== null && isSync(operation);
  });
  const count = syncs.reduce((all, line) => all + succeeded(line), 0);
  const operation = operationOf(syncs[0]?.syscall ?? "");
  const writes = accesses.filter((access) => isWrite(access.operation)).length;
  if (count === 0 || operation === null || writes === 0) return [...accesses];
  const planned: PlannedAccess[] = [];
  let due = 0;
  for (const access of accesses) {
    planned.push(access);
    if (!isWrite(access.operation)) continue;
    // Sums of shares fall a little short of whole numbers.
    for (due += count / writes; due >= 1 - 1e-9 && planned.length < MOST_ACCESSES; due -= 1) {
      planned.push({ operation, offset: 0, asked: 0, moved: 0 });
    }
  }
  return planned;
}
