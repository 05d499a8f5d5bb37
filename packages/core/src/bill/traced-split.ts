/** Traced split: the ptrace recorder times every call too, but most of its cost is time off the CPU. */
import type { CpuSplit } from "./cpu-split.ts";
import { faultWaitNs, unsampledFaultCpuNs } from "./fault-basis.ts";
import type { LedgerProcess } from "./ledger.ts";
import type { Rates } from "./rates.ts";
import { sum } from "./sum.ts";
import { betweenHooks, workBetweenHooks } from "./timed-lines.ts";

/**
 * The recorder's cost is looked for where it must be, in this order: the waiting it caused inside calls
 * (already removed from the lines), the CPU time of its stops inside them beyond the boundary and, when
 * it is priced, outside them, the time the thread stood in a stop, and only then other CPU time outside
 * calls. The time it stood is measured; in recordings without it, it is looked for in the time the thread
 * neither ran nor waited, and what the price asks beyond was not spent and is not subtracted.
 */
export function splitTraced(process: LedgerProcess, rates: Rates): CpuSplit {
  const { recorded, crossings } = process;
  const lineKernel = workBetweenHooks(process.lines, rates.windowFloor.likely);
  const kernelNs = sum(lineKernel, (ns) => ns);
  const floors = Math.max(0, betweenHooks(process.lines) - kernelNs);
  let left = Math.max(0, recorded.onCpuNs - kernelNs);
  const boundaryNs = Math.min(left, crossings * rates.boundary.likely);
  left -= boundaryNs;
  const faultCpuNs = Math.min(left, unsampledFaultCpuNs(recorded, rates.minorFault.likely));
  left -= faultCpuNs;

  const removedWait = sum(process.lines, (line) => line.removedWaitNs);
  const stops = Math.min(left, Math.max(0, floors - boundaryNs));
  const onCpu = Math.max(stops, Math.min(left, crossings * (rates.overheadOnCpu?.likely ?? 0)));
  let asked = Math.max(0, crossings * rates.overhead.likely - removedWait - onCpu);
  const stood = recorded.stoodNs ?? Math.min(asked, unaccountedWallNs(process, removedWait));
  asked = Math.max(0, asked - stood);
  const further = rates.overheadOnCpu === null ? Math.min(asked, left - onCpu) : 0;
  return {
    boundaryNs,
    overheadNs: removedWait + onCpu + stood + further,
    userNs: left - onCpu - further,
    faultCpuNs,
    kernelNs,
    lineKernel,
    restKernel: 0,
  };
}

/** Wall time in which the threads neither ran, nor waited for a CPU, in a call or in a fault. */
function unaccountedWallNs(process: LedgerProcess, removedWait: number): number {
  const { recorded } = process;
  const waits = removedWait + sum(process.lines, (line) => line.waitNs);
  const unfinished = recorded.unfinishedWait.ioNs + recorded.unfinishedWait.otherNs;
  const known = recorded.onCpuNs + recorded.runQueueNs + waits + unfinished + faultWaitNs(recorded);
  return Math.max(0, recorded.wallNs - known);
}
