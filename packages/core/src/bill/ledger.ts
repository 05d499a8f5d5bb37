/** Ledger: the recording's lines sorted to their processes, with what every split needs to know. */
import type { RecordedLine, RecordedProcess, Recording } from "../recording.ts";
import { type WaitReason, waitReason } from "../wait-reason.ts";
import { sum } from "./sum.ts";

/** A recorded line and its waiting, whole ns, the recorder's share removed. */
export interface LedgerLine {
  readonly recorded: RecordedLine;
  /** Marked by the kernel as waiting for a block device. */
  readonly ioWaitNs: number;
  /** All other waiting; `waitReason` says for what. */
  readonly otherWaitNs: number;
  readonly waitNs: number;
  /** What was removed: waiting for the recorder. */
  readonly removedWaitNs: number;
}

export interface LedgerProcess {
  readonly recorded: RecordedProcess;
  readonly lines: readonly LedgerLine[];
  /** Calls that returned and are itemised. */
  readonly crossings: number;
}

export interface Ledger {
  readonly processes: readonly LedgerProcess[];
  /** Lines without a process: the recorder's tables were full. */
  readonly notItemised: readonly LedgerLine[];
}

/** @param waitFloorNs what each call seems to wait though it does not. */
export function openLedger(recording: Recording, waitFloorNs: number): Ledger {
  const byProcess = new Map<number, LedgerLine[]>();
  for (const process of recording.processes) byProcess.set(process.id, []);
  const notItemised: LedgerLine[] = [];
  for (const recorded of recording.lines) {
    const line = enter(recorded, waitFloorNs);
    const own = recorded.process === null ? undefined : byProcess.get(recorded.process);
    (own ?? notItemised).push(line);
  }
  const processes = recording.processes.map((recorded) => {
    const lines = byProcess.get(recorded.id) ?? [];
    return { recorded, lines, crossings: countCalls(lines) };
  });
  return { processes, notItemised };
}

export function countCalls(lines: readonly LedgerLine[]): number {
  return sum(lines, ({ recorded }) => recorded.count);
}

function enter(recorded: RecordedLine, waitFloorNs: number): LedgerLine {
  const ioWaitNs = Math.round(recorded.wait.ioNs);
  const measured = Math.round(recorded.wait.otherNs);
  const removedWaitNs = Math.min(measured, Math.round(recorded.count * waitFloorNs));
  const otherWaitNs = measured - removedWaitNs;
  return { recorded, ioWaitNs, otherWaitNs, waitNs: ioWaitNs + otherWaitNs, removedWaitNs };
}

/** Adds a line's waiting to the reasons for it. */
export function addLineWaits(waits: Map<WaitReason, number>, line: LedgerLine): void {
  const { syscall, kind } = line.recorded;
  addWait(waits, waitReason(syscall, kind, "io"), line.ioWaitNs);
  addWait(waits, waitReason(syscall, kind, "other"), line.otherWaitNs);
}

/** Adds time to a reason; no time leaves no entry. */
export function addWait(waits: Map<WaitReason, number>, reason: WaitReason, ns: number): void {
  if (ns > 0) waits.set(reason, (waits.get(reason) ?? 0) + ns);
}
