/** Process account: one process's time in whole nanoseconds, its parts adding up to its wall time. */
import { type WaitReason, waitReasons } from "../wait-reason.ts";
import { apportion } from "./apportion.ts";
import type { CpuSplit } from "./cpu-split.ts";
import { type FaultBasis, faultWaitNs, splitFaults } from "./fault-basis.ts";
import { addLineWaits, addWait, type LedgerLine, type LedgerProcess } from "./ledger.ts";
import type { BillFaults, BillTime } from "./shape.ts";
import { sum } from "./sum.ts";

/** A line with its part of the process's boundary and kernel time. */
export interface PricedLine {
  readonly line: LedgerLine;
  readonly boundaryNs: number;
  readonly kernelNs: number;
}

export interface ProcessAccount {
  readonly process: LedgerProcess;
  readonly time: BillTime;
  readonly faults: BillFaults;
  readonly overheadNs: number;
  readonly lines: readonly PricedLine[];
  /** The part of kernelNs in calls that no line holds. */
  readonly restKernelNs: number;
  readonly unfinishedWaitNs: number;
}

/** Rounds a split so that the lines add up to the process, and the process to its wall time. */
export function settleProcess(
  process: LedgerProcess,
  split: CpuSplit,
  basis: FaultBasis,
): ProcessAccount {
  const { recorded, lines } = process;
  const measuredWallNs = Math.round(recorded.wallNs + (recorded.stoodNs ?? 0));
  const overheadNs = Math.min(measuredWallNs, Math.round(split.overheadNs));
  const boundaryNs = Math.round(split.boundaryNs);
  const kernelNs = Math.round(split.kernelNs);
  const boundaries = apportion(
    boundaryNs,
    lines.map((line) => line.recorded.count),
  );
  const kernels = apportion(kernelNs, [...split.lineKernel, split.restKernel]);
  const faultNs = Math.round(split.faultCpuNs + faultWaitNs(recorded));
  const waits = processWaits(process);
  const parts = {
    userNs: Math.round(split.userNs),
    boundaryNs,
    kernelNs,
    waitNs: waitRecord(waits),
    faultNs,
    runQueueNs: Math.round(recorded.runQueueNs),
  };
  return {
    process,
    time: closeTime(measuredWallNs, overheadNs, parts),
    faults: splitFaults(recorded, basis, split.faultCpuNs, faultNs),
    overheadNs,
    lines: lines.map((line, index) => ({
      line,
      boundaryNs: boundaries[index] ?? 0,
      kernelNs: kernels[index] ?? 0,
    })),
    restKernelNs: kernels.at(-1) ?? 0,
    unfinishedWaitNs:
      Math.round(recorded.unfinishedWait.ioNs) + Math.round(recorded.unfinishedWait.otherNs),
  };
}

/** Time without its wall time and residual. */
export type TimeParts = Omit<BillTime, "wallNs" | "measuredWallNs" | "residualNs">;

/** The residual is what the parts leave of the wall time, so the identity holds to the unit. */
export function closeTime(measuredWallNs: number, overheadNs: number, parts: TimeParts): BillTime {
  const wallNs = measuredWallNs - overheadNs;
  const { userNs, boundaryNs, kernelNs, waitNs, faultNs, runQueueNs } = parts;
  const waited = sum(waitReasons, (reason) => waitNs[reason]);
  const known = userNs + boundaryNs + kernelNs + waited + faultNs + runQueueNs;
  const residualNs = wallNs - known;
  return {
    wallNs,
    userNs,
    boundaryNs,
    kernelNs,
    waitNs,
    faultNs,
    runQueueNs,
    residualNs,
    measuredWallNs,
  };
}

export function waitRecord(waits: ReadonlyMap<WaitReason, number>): BillTime["waitNs"] {
  const of = (reason: WaitReason) => waits.get(reason) ?? 0;
  return {
    disk: of("disk"),
    network: of("network"),
    pipe: of("pipe"),
    lock: of("lock"),
    timer: of("timer"),
    child: of("child"),
    other: of("other"),
  };
}

/** Which call an unfinished wait belongs to that no line holds is not known, so only the disk can be told. */
function processWaits({ recorded, lines }: LedgerProcess): Map<WaitReason, number> {
  const waits = new Map<WaitReason, number>();
  for (const line of lines) addLineWaits(waits, line);
  addWait(waits, "disk", Math.round(recorded.unfinishedWait.ioNs));
  addWait(waits, "other", Math.round(recorded.unfinishedWait.otherNs));
  return waits;
}
