/** Not itemised: prices calls whose process is unknown, out of the time their processes hold for them. */
import type { Recording } from "../recording.ts";
import { apportion } from "./apportion.ts";
import { addCosts } from "./call-costs.ts";
import { countCalls, type LedgerLine } from "./ledger.ts";
import type { ProcessAccount } from "./process-account.ts";
import type { Rates } from "./rates.ts";
import { lineSamples } from "./samples.ts";
import type { NotItemised } from "./shape.ts";
import { sum } from "./sum.ts";
import { workBetweenHooks } from "./timed-lines.ts";

/** What moves between the totals, whole ns. The lists and the totals then agree. */
export interface NotItemisedAccount {
  readonly rows: readonly NotItemised[];
  readonly boundaryNs: number;
  readonly kernelNs: number;
  readonly overheadNs: number;
  /** Taken from kernel time that no line holds. */
  readonly fromRestKernelNs: number;
  /** Taken from user time, where calls without a process end up when every call is timed. */
  readonly fromUserNs: number;
}

export function settleNotItemised(
  recording: Recording,
  lines: readonly LedgerLine[],
  accounts: readonly ProcessAccount[],
  rates: Rates,
): NotItemisedAccount {
  const crossings = countCalls(lines);
  const boundary = crossings * rates.boundary.likely;
  const overhead = crossings * rates.overhead.likely;
  const restKernelNs = sum(accounts, (account) => account.restKernelNs);
  const userNs = sum(accounts, (account) => account.time.userNs);
  if (recording.timing === "exact") return settleTimed(lines, boundary, overhead, userNs, rates);

  const priced = boundary + overhead;
  const hasRest = restKernelNs > 0;
  const share = hasRest ? shareOfRest(lines, accounts, priced / restKernelNs) : 0;
  const available = hasRest ? Math.round(restKernelNs * share) : userNs;
  const paid = Math.min(Math.round(priced), available);
  const [boundaryNs = 0, overheadNs = 0] = apportion(paid, [boundary, overhead]);
  const kernelNs = hasRest ? available - paid : 0;
  const weights = lines.map((line) => line.recorded.samples);
  return {
    rows: rowsOf(lines, boundaryNs, kernelNs, weights),
    boundaryNs,
    kernelNs,
    overheadNs,
    fromRestKernelNs: hasRest ? available : 0,
    fromUserNs: hasRest ? 0 : paid,
  };
}

/**
 * Share of the kernel time no line of a process holds that belongs to these calls, by their samples;
 * without any, what they are priced at.
 */
function shareOfRest(
  lines: readonly LedgerLine[],
  accounts: readonly ProcessAccount[],
  pricedShare: number,
): number {
  const own = lineSamples(lines);
  if (own === 0) return Math.min(1, pricedShare);
  const rest = sum(accounts, ({ process }) =>
    Math.max(0, process.recorded.samples.syscall - lineSamples(process.lines)),
  );
  return own / Math.max(rest, own);
}

function settleTimed(
  lines: readonly LedgerLine[],
  boundary: number,
  overhead: number,
  userNs: number,
  rates: Rates,
): NotItemisedAccount {
  const kernels = workBetweenHooks(lines, rates.windowFloor.likely);
  const kernelTotal = sum(kernels, (ns) => ns);
  const taken = Math.min(userNs, Math.round(boundary + overhead + kernelTotal));
  const [boundaryNs = 0, overheadNs = 0, kernelNs = 0] = apportion(taken, [
    boundary,
    overhead,
    kernelTotal,
  ]);
  return {
    rows: rowsOf(lines, boundaryNs, kernelNs, kernels),
    boundaryNs,
    kernelNs,
    overheadNs,
    fromRestKernelNs: 0,
    fromUserNs: taken,
  };
}

function rowsOf(
  lines: readonly LedgerLine[],
  boundaryNs: number,
  kernelNs: number,
  kernelWeights: readonly number[],
): NotItemised[] {
  const boundaries = apportion(
    boundaryNs,
    lines.map((line) => line.recorded.count),
  );
  const kernels = apportion(kernelNs, kernelWeights);
  const rows = new Map<string, NotItemised>();
  for (const [index, { recorded, waitNs }] of lines.entries()) {
    const { syscall, error, count } = recorded;
    const row = rows.get(syscall) ?? {
      syscall,
      count: 0,
      errors: {},
      boundaryNs: 0,
      kernelNs: 0,
      waitNs: 0,
    };
    addCosts(row, {
      count,
      errors: error === null ? {} : { [error]: count },
      boundaryNs: boundaries[index] ?? 0,
      kernelNs: kernels[index] ?? 0,
      waitNs,
    });
    rows.set(syscall, row);
  }
  return [...rows.values()].sort((a, b) => b.count - a.count);
}
