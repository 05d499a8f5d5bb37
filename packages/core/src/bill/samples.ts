/** Samples: how many hits of the cpu-clock there were, and where. */
import type { RecordedProcess, Recording } from "../recording.ts";
import type { LedgerLine } from "./ledger.ts";
import { sum } from "./sum.ts";

export interface SampleTotals {
  readonly user: number;
  readonly syscall: number;
  readonly total: number;
  readonly onCpuNs: number;
}

/** Over all processes of a recording. */
export function sampleTotals({ processes }: Recording): SampleTotals {
  return {
    user: sum(processes, ({ samples }) => samples.user),
    syscall: sum(processes, ({ samples }) => samples.syscall),
    total: sum(processes, ({ samples }) => countSamples(samples)),
    onCpuNs: sum(processes, ({ onCpuNs }) => onCpuNs),
  };
}

export function countSamples({ user, syscall, fault }: RecordedProcess["samples"]): number {
  return user + syscall + fault;
}

/** Samples that lines hold; calls that no line holds have more. */
export function lineSamples(lines: readonly LedgerLine[]): number {
  return sum(lines, ({ recorded }) => recorded.samples);
}
