/** Sampled split: CPU time by where the cpu-clock samples fell, less the priced cost of crossing. */
import { wilsonInterval } from "../statistics.ts";
import type { CpuSplit } from "./cpu-split.ts";
import { type FaultBasis, unsampledFaultCpuNs } from "./fault-basis.ts";
import type { LedgerLine, LedgerProcess } from "./ledger.ts";
import type { Rates } from "./rates.ts";
import { countSamples, lineSamples } from "./samples.ts";
import { sum } from "./sum.ts";

/**
 * A process with fewer samples borrows the shares of all such processes together: alone, one sample
 * more or less would decide everything, and ten thousand short processes would each lose theirs.
 */
const ENOUGH_FOR_OWN_SHARES = 30;

/** Samples added up over processes; rest: in calls, but in no line. */
export interface SampleCounts {
  readonly user: number;
  readonly syscall: number;
  readonly fault: number;
  readonly rest: number;
}

export interface SamplePool {
  readonly small: SampleCounts;
  /** Samples per call of each system call, over all lines of the recording. */
  readonly perCall: ReadonlyMap<string, number>;
}

export function poolSamples(processes: readonly LedgerProcess[]): SamplePool {
  let small: SampleCounts = { user: 0, syscall: 0, fault: 0, rest: 0 };
  const samples = new Map<string, number>();
  const calls = new Map<string, number>();
  for (const process of processes) {
    const own = ownSamples(process);
    if (countSamples(own) < ENOUGH_FOR_OWN_SHARES) small = addCounts(small, own);
    for (const { recorded } of process.lines) {
      const { syscall } = recorded;
      samples.set(syscall, (samples.get(syscall) ?? 0) + recorded.samples);
      calls.set(syscall, (calls.get(syscall) ?? 0) + recorded.count);
    }
  }
  const perCall = new Map<string, number>();
  for (const [syscall, hits] of samples) perCall.set(syscall, hits / (calls.get(syscall) || 1));
  return { small, perCall };
}

/**
 * Splits CPU time between user code, calls and faults as the samples fell. Where fault time is known
 * better than by samples, it comes first and the rest is split between the other two.
 * @returns the split; its parts other than waiting for faults add up to the process's CPU time.
 */
export function splitSampled(
  process: LedgerProcess,
  rates: Rates,
  basis: FaultBasis,
  pool: SamplePool,
): CpuSplit {
  const { onCpuNs } = process.recorded;
  const own = ownSamples(process);
  const isSmall = countSamples(own) < ENOUGH_FOR_OWN_SHARES;
  const counts = isSmall ? pool.small : own;
  const boundary = process.crossings * rates.boundary.likely;
  const overhead = process.crossings * rates.overhead.likely;
  const known = unsampledFaultCpuNs(process.recorded, rates.minorFault.likely);
  const total = counts.user + counts.syscall + (basis === "sampled" ? counts.fault : 0);
  if (total === 0) return splitByPrices(process, boundary, overhead, known);

  const sampled = basis === "sampled";
  const faultCpuNs = sampled ? (onCpuNs * counts.fault) / total : Math.min(onCpuNs, known);
  const shared = sampled ? onCpuNs : onCpuNs - faultCpuNs;
  const priced = boundary + overhead;
  const inCalls = timeInCalls(shared, counts, total, priced);
  const affordable = priced > inCalls ? inCalls / priced : 1;
  const restNs = counts.syscall > 0 ? (inCalls * counts.rest) / counts.syscall : 0;
  const weights = isSmall ? weightsByCall(process.lines, pool) : ownWeights(process.lines);
  const perCrossing = (rates.boundary.likely + rates.overhead.likely) * affordable;
  return {
    boundaryNs: boundary * affordable,
    overheadNs: overhead * affordable,
    userNs: (shared * (counts.user + counts.syscall)) / total - inCalls,
    faultCpuNs,
    kernelNs: Math.max(0, inCalls - priced),
    lineKernel: process.lines.map((line, index) =>
      Math.max(0, (inCalls - restNs) * (weights[index] ?? 0) - line.recorded.count * perCrossing),
    ),
    restKernel: restNs,
  };
}

/**
 * Time in calls as the samples fell; but a few samples may miss calls that were made and counted, so
 * where chance explains the gap (the Wilson bound), it is at least what crossing was priced at.
 */
function timeInCalls(
  sharedNs: number,
  { user, syscall }: SampleCounts,
  total: number,
  pricedNs: number,
): number {
  const sampledNs = (sharedNs * syscall) / total;
  const possibleNs = Math.min(
    sharedNs * wilsonInterval(syscall, total).high,
    (sharedNs * (user + syscall)) / total,
  );
  return pricedNs <= possibleNs ? Math.max(sampledNs, pricedNs) : sampledNs;
}

/** Without samples only prices are known: the rest of the CPU time counts as user time. */
function splitByPrices(
  process: LedgerProcess,
  boundary: number,
  overhead: number,
  faultNs: number,
): CpuSplit {
  const { onCpuNs } = process.recorded;
  const priced = boundary + overhead;
  const affordable = priced > onCpuNs ? onCpuNs / priced : 1;
  const left = Math.max(0, onCpuNs - priced * affordable);
  const faultCpuNs = Math.min(left, faultNs);
  return {
    boundaryNs: boundary * affordable,
    overheadNs: overhead * affordable,
    userNs: left - faultCpuNs,
    faultCpuNs,
    kernelNs: 0,
    lineKernel: process.lines.map(() => 0),
    restKernel: 0,
  };
}

function ownSamples(process: LedgerProcess): SampleCounts {
  const { user, syscall, fault } = process.recorded.samples;
  const inLines = lineSamples(process.lines);
  // A recorder that credits more to lines than it counted in all is believed about the lines.
  return { user, fault, syscall: Math.max(syscall, inLines), rest: Math.max(0, syscall - inLines) };
}

/** Shares of the lines among themselves, adding up to 1, by their own samples. */
function ownWeights(lines: readonly LedgerLine[]): number[] {
  const total = lineSamples(lines);
  return lines.map((line) => (total > 0 ? line.recorded.samples / total : 0));
}

/** The same by what a call of that name costs anywhere in the recording; without a hint by count. */
function weightsByCall(lines: readonly LedgerLine[], pool: SamplePool): number[] {
  let weights = lines.map(
    ({ recorded }) => recorded.count * (pool.perCall.get(recorded.syscall) ?? 0),
  );
  if (weights.every((weight) => weight === 0)) weights = lines.map((line) => line.recorded.count);
  const total = sum(weights, (weight) => weight);
  return weights.map((weight) => (total > 0 ? weight / total : 0));
}

function addCounts(a: SampleCounts, b: SampleCounts): SampleCounts {
  return {
    user: a.user + b.user,
    syscall: a.syscall + b.syscall,
    fault: a.fault + b.fault,
    rest: a.rest + b.rest,
  };
}
