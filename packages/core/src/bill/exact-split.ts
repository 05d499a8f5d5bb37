/** Exact split: CPU time by two hooks around every call, less what a null call spends between them. */
import type { CpuSplit } from "./cpu-split.ts";
import { type FaultBasis, unsampledFaultCpuNs } from "./fault-basis.ts";
import type { LedgerProcess } from "./ledger.ts";
import type { Rates } from "./rates.ts";
import { countSamples, lineSamples } from "./samples.ts";
import { sum } from "./sum.ts";
import { betweenHooks, workBetweenHooks } from "./timed-lines.ts";

/**
 * Between the hooks lies a call's work and a part of its boundary and of the recorder's cost, together
 * the window floor; the rest of those two lies outside, where user code and faults are. When their prices
 * ask for more than was spent there, both are scaled down to what there is room for.
 */
export function splitExact(process: LedgerProcess, rates: Rates, basis: FaultBasis): CpuSplit {
  const { recorded, crossings } = process;
  const floor = rates.windowFloor.likely;
  const lineKernel = workBetweenHooks(process.lines, floor);
  const lineWork = sum(lineKernel, (ns) => ns);
  const between = betweenHooks(process.lines);
  const price = rates.boundary.likely + rates.overhead.likely;
  let left = Math.max(0, recorded.onCpuNs - between);
  const outside = Math.min(left, crossings * Math.max(0, price - floor));
  left -= outside;
  const asked = crossings * price;
  const scale = asked > 0 ? Math.min(1, (Math.max(0, between - lineWork) + outside) / asked) : 1;
  const restKernel = Math.min(left, unfinishedNs(process));
  left -= restKernel;
  const faultCpuNs = Math.min(left, faultNs(process, rates, basis, left));
  return {
    boundaryNs: crossings * rates.boundary.likely * scale,
    overheadNs: crossings * rates.overhead.likely * scale,
    userNs: left - faultCpuNs,
    faultCpuNs,
    kernelNs: lineWork + restKernel,
    lineKernel,
    restKernel,
  };
}

/**
 * Calls that never return pass no second hook; the sampler, when it ran and credits lines, shows their
 * share: samples in calls that no line holds.
 */
function unfinishedNs(process: LedgerProcess): number {
  const { onCpuNs, samples } = process.recorded;
  const inLines = lineSamples(process.lines);
  if (inLines === 0) return 0;
  return (onCpuNs * Math.max(0, samples.syscall - inLines)) / Math.max(1, countSamples(samples));
}

function faultNs(process: LedgerProcess, rates: Rates, basis: FaultBasis, outside: number): number {
  const { user, fault } = process.recorded.samples;
  if (basis !== "sampled") return unsampledFaultCpuNs(process.recorded, rates.minorFault.likely);
  return user + fault > 0 ? (outside * fault) / (user + fault) : 0;
}
