/** Not itemised: prices calls whose process is unknown, out of the time their processes hold for them. */
import type { Recording } from "../recording.ts";
import { apportion } from "./apportion.ts";
import { countCalls, type LedgerLine } from "./ledger.ts";
import type { ProcessAccount } from "./process-account.ts";
import type { Rates } from "./rates.ts";
import type { NotItemised } from "./shape.ts";

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
  const restKernelNs = total(accounts, (account) => account.restKernelNs);
  const userNs = total(accounts, (account) => account.time.userNs);
  if (recording.timing === "exact") return settleTimed(lines, boundary, overhead, userNs, rates);

  const budget = sampledBudget(lines, accounts, boundary + overhead);
  const hasSamples = budget.basis > 0;
  const available = hasSamples ? Math.round(restKernelNs * budget.share) : userNs;
  const priced = Math.round(boundary + overhead);
  const paid = Math.min(priced, available);
  const [boundaryNs = 0, overheadNs = 0] = apportion(paid, [boundary, overhead]);
  const kernelNs = hasSamples ? available - paid : 0;
  const weights = lines.map((line) => line.recorded.samples);
  return {
    rows: rowsOf(lines, boundaryNs, kernelNs, weights),
    boundaryNs,
    kernelNs,
    overheadNs,
    fromRestKernelNs: hasSamples ? available : 0,
    fromUserNs: hasSamples ? 0 : paid,
  };
}

/** Share of the unclaimed kernel time that belongs to these calls, by their samples. */
function sampledBudget(
  lines: readonly LedgerLine[],
  accounts: readonly ProcessAccount[],
  priced: number,
): { basis: number; share: number } {
  if (lines.length === 0) return { basis: 1, share: 0 };
  const own = lines.reduce((sum, line) => sum + line.recorded.samples, 0);
  const restKernelNs = total(accounts, (account) => account.restKernelNs);
  if (own === 0) return { basis: restKernelNs, share: Math.min(1, priced / (restKernelNs || 1)) };
  const rest = total(accounts, ({ process }) => {
    const inLines = process.lines.reduce((sum, line) => sum + line.recorded.samples, 0);
    return Math.max(0, process.recorded.samples.syscall - inLines);
  });
  return { basis: restKernelNs, share: Math.min(1, own / Math.max(rest, own)) };
}

function settleTimed(
  lines: readonly LedgerLine[],
  boundary: number,
  overhead: number,
  userNs: number,
  rates: Rates,
): NotItemisedAccount {
  const floor = rates.windowFloor.likely;
  const kernels = lines.map((line) =>
    Math.max(0, (line.recorded.onCpuNs ?? 0) - line.recorded.count * floor),
  );
  const wanted = kernels.reduce((sum, ns) => sum + ns, boundary + overhead);
  const taken = Math.min(userNs, Math.round(wanted));
  const kernelTotal = kernels.reduce((sum, ns) => sum + ns, 0);
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
    row.count += count;
    if (error !== null) row.errors[error] = (row.errors[error] ?? 0) + count;
    row.boundaryNs += boundaries[index] ?? 0;
    row.kernelNs += kernels[index] ?? 0;
    row.waitNs += waitNs;
    rows.set(syscall, row);
  }
  return [...rows.values()].sort((a, b) => b.count - a.count);
}

function total(
  accounts: readonly ProcessAccount[],
  of: (account: ProcessAccount) => number,
): number {
  return accounts.reduce((sum, account) => sum + of(account), 0);
}
