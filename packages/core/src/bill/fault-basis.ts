/** Fault basis: how the time of page faults is known in one recording, and its split by kind. */
import type { RecordedProcess, Recording } from "../recording.ts";
import { sampleTotals } from "./samples.ts";
import type { BillFaults } from "./shape.ts";

export type FaultBasis = BillFaults["basis"];

/** Below this many samples in the whole tree, a count times its price says more than a share. */
const ENOUGH_SAMPLES = 100;

/** One basis for the whole recording, so that sums compare. */
export function faultBasis(recording: Recording): FaultBasis {
  const { processes } = recording;
  if (processes.length > 0 && processes.every((process) => process.measuredFaultNs !== null)) {
    return "measured";
  }
  return sampleTotals(recording).total >= ENOUGH_SAMPLES ? "sampled" : "priced";
}

export function faultWaitNs(process: RecordedProcess): number {
  return process.faultWait.ioNs + process.faultWait.otherNs;
}

/**
 * CPU time in faults when it is not sampled: what was measured less the waiting in it, or the count at
 * its price. Not bounded by the CPU time there was; the caller is.
 */
export function unsampledFaultCpuNs(process: RecordedProcess, priceNs: number): number {
  const measured = process.measuredFaultNs;
  if (measured === null) return (process.minorFaults + process.majorFaults) * priceNs;
  return Math.max(0, measured.minor + measured.major - faultWaitNs(process));
}

/**
 * Splits a process's whole fault time between minor and major ones: as measured; else the CPU part by
 * count and all waiting to the major ones, which are those that wait.
 * @returns whole ns that add up to `faultNs`.
 */
export function splitFaults(
  process: RecordedProcess,
  basis: FaultBasis,
  cpuNs: number,
  faultNs: number,
): BillFaults {
  const major = Math.min(faultNs, Math.round(majorNs(process, basis, cpuNs, faultNs)));
  return {
    basis,
    minor: { count: process.minorFaults, ns: faultNs - major },
    major: { count: process.majorFaults, ns: major },
  };
}

function majorNs(
  process: RecordedProcess,
  basis: FaultBasis,
  cpuNs: number,
  faultNs: number,
): number {
  if (process.majorFaults === 0) return 0;
  const measured = process.measuredFaultNs;
  if (basis === "measured" && measured !== null && measured.minor + measured.major > 0) {
    return (faultNs * measured.major) / (measured.minor + measured.major);
  }
  const faults = process.minorFaults + process.majorFaults;
  return faultWaitNs(process) + (cpuNs * process.majorFaults) / faults;
}
