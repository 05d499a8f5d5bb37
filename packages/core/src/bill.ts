/** The bill: a recording priced. Pure: the same recording and prices give the same bill. */

import { BillTargets } from "./bill/bill-targets.ts";
import type { CpuSplit } from "./bill/cpu-split.ts";
import { crossCheck } from "./bill/cross-check.ts";
import { splitExact } from "./bill/exact-split.ts";
import { type FaultBasis, faultBasis } from "./bill/fault-basis.ts";
import {
  addLineWaits,
  countCalls,
  type LedgerLine,
  type LedgerProcess,
  openLedger,
} from "./bill/ledger.ts";
import { makeLines } from "./bill/lines.ts";
import { type NotItemisedAccount, settleNotItemised } from "./bill/not-itemised.ts";
import {
  closeTime,
  type ProcessAccount,
  settleProcess,
  waitRecord,
} from "./bill/process-account.ts";
import { type Rates, ratesFor } from "./bill/rates.ts";
import { roomForBoundary } from "./bill/room-for-boundary.ts";
import { poolSamples, splitSampled } from "./bill/sampled-split.ts";
import { makeSequences } from "./bill/sequences.ts";
import {
  BILL_SCHEMA,
  type Bill,
  type BillFaults,
  type BillProcess,
  type BillTime,
  type UnadvisedBill,
} from "./bill/shape.ts";
import { sum } from "./bill/sum.ts";
import { makeSyscallRows } from "./bill/syscall-rows.ts";
import { timeIntervals } from "./bill/time-intervals.ts";
import { splitTraced } from "./bill/traced-split.ts";
import { makeUringRows } from "./bill/uring-rows.ts";
import { advise } from "./findings.ts";
import type { Prices } from "./prices.ts";
import type { Recording } from "./recording.ts";
import { type WaitReason, waitReasons } from "./wait-reason.ts";

/**
 * Prices a recording. All times are whole nanoseconds and add up exactly: the parts of `time` to its
 * wall time, the lines and calls not itemised to `syscalls`, those and the unfinished to `time`.
 * What would save some of it is in `findings`.
 */
export function makeBill(recording: Recording, prices: Prices): Bill {
  const bill = priceRecording(recording, prices);
  return { ...bill, ...advise(bill) };
}

function priceRecording(given: Recording, prices: Prices): UnadvisedBill {
  const rates = ratesFor(given, prices);
  const recording = roomForBoundary(given, rates.boundary.likely);
  const ledger = openLedger(recording, rates.waitFloor.likely);
  const basis = faultBasis(recording);
  const split = splitter(recording, rates, ledger.processes, basis);
  const accounts = ledger.processes.map((process) => settleProcess(process, split(process), basis));
  const loose = settleNotItemised(recording, ledger.notItemised, accounts, rates);
  const measuredWallNs = sum(accounts, ({ time: own }) => own.measuredWallNs);
  const pricedOverheadNs = sum(accounts, (account) => account.overheadNs) + loose.overheadNs;
  const overheadNs = Math.min(measuredWallNs, pricedOverheadNs);
  const time = totalTime(accounts, loose, ledger.notItemised, overheadNs);
  const targets = new BillTargets(recording.targets);
  const lines = makeLines(recording, accounts, targets, rates);
  const crossings = sum(ledger.processes, ({ crossings: own }) => own);
  const returned = crossings + countCalls(ledger.notItemised);
  const restKernelNs = sum(accounts, (account) => account.restKernelNs);
  return {
    schema: BILL_SCHEMA,
    machine: recording.machine,
    prices,
    command: recording.command,
    exit: recording.exit,
    recorder: recording.recorder,
    timing: recording.timing,
    ...(recording.imported === undefined ? {} : { imported: recording.imported }),
    startedAt: recording.startedAt,
    elapsedNs: Math.round(recording.elapsedNs),
    audit: billAudit(recording, overheadNs, perCrossingNs(recording, rates, overheadNs, returned)),
    time,
    intervals: timeIntervals(recording, time, returned, rates),
    syscalls: makeSyscallRows(lines, loose.rows, recording.unfinished),
    lines,
    notItemised: [...loose.rows],
    unfinished: {
      calls: recording.unfinished,
      kernelNs: restKernelNs - loose.fromRestKernelNs,
      waitNs: sum(accounts, (account) => account.unfinishedWaitNs),
    },
    faults: sumFaults(accounts, basis),
    switches: {
      voluntary: sum(recording.processes, (process) => process.voluntarySwitches),
      involuntary: sum(recording.processes, (process) => process.involuntarySwitches),
    },
    uring: makeUringRows(recording),
    processes: accounts.map(billProcess),
    stacks: recording.stacks,
    ...makeSequences(recording, targets),
    rusage: recording.rusage,
    warnings: crossCheck({ recording, prices, rates, time, crossings: returned }),
    leftOut: null,
  };
}

function splitter(
  recording: Recording,
  rates: Rates,
  processes: readonly LedgerProcess[],
  basis: FaultBasis,
): (process: LedgerProcess) => CpuSplit {
  if (recording.recorder !== "ebpf") return (process) => splitTraced(process, rates);
  if (recording.timing === "exact") return (process) => splitExact(process, rates, basis);
  const pool = poolSamples(processes);
  return (process) => splitSampled(process, rates, basis, pool);
}

function totalTime(
  accounts: readonly ProcessAccount[],
  loose: NotItemisedAccount,
  looseLines: readonly LedgerLine[],
  overheadNs: number,
): BillTime {
  const of = (part: (time: BillTime) => number) => sum(accounts, (account) => part(account.time));
  const waits = new Map<WaitReason, number>();
  for (const reason of waitReasons)
    waits.set(
      reason,
      of((time) => time.waitNs[reason]),
    );
  for (const line of looseLines) addLineWaits(waits, line);
  const kernelNs = of((time) => time.kernelNs) - loose.fromRestKernelNs + loose.kernelNs;
  return closeTime(
    of((time) => time.measuredWallNs),
    overheadNs,
    {
      userNs: of((time) => time.userNs) - loose.fromUserNs,
      boundaryNs: of((time) => time.boundaryNs) + loose.boundaryNs,
      kernelNs,
      waitNs: waitRecord(waits),
      faultNs: of((time) => time.faultNs),
      runQueueNs: of((time) => time.runQueueNs),
    },
  );
}

/** What the recorder added to a crossing: measured where it knows how long the threads stood, else its price. */
function perCrossingNs(
  { processes, imported }: Recording,
  rates: Rates,
  overheadNs: number,
  crossings: number,
): number {
  const isStood = processes.some(({ stoodNs }) => stoodNs !== undefined);
  const isMeasured = crossings > 0 && (isStood || imported !== undefined);
  return isMeasured ? overheadNs / crossings : rates.overhead.likely;
}

function billAudit(
  recording: Recording,
  overheadNs: number,
  overheadNsPerCrossing: number,
): Bill["audit"] {
  const { entered, left, inFlight, unitemised, lost, exits, unnamed, stillRunning } =
    recording.audit;
  return {
    entered,
    left,
    inFlight,
    unitemised,
    lost,
    overheadNsPerCrossing,
    overheadNs,
    exits,
    unnamed,
    stillRunning,
  };
}

function sumFaults(accounts: readonly ProcessAccount[], basis: FaultBasis): BillFaults {
  const of = (part: (faults: BillFaults) => number) =>
    sum(accounts, (account) => part(account.faults));
  return {
    basis,
    minor: { count: of(({ minor }) => minor.count), ns: of(({ minor }) => minor.ns) },
    major: { count: of(({ major }) => major.count), ns: of(({ major }) => major.ns) },
  };
}

function billProcess({ process, time, faults, overheadNs }: ProcessAccount): BillProcess {
  const { recorded, crossings } = process;
  const { id, pid, ppid, comm, exe, instances, threads, samples, taxes, faultKinds } = recorded;
  return {
    id,
    pid,
    ppid,
    comm,
    exe,
    instances,
    threads,
    crossings,
    time,
    overheadNs,
    faults,
    switches: {
      voluntary: recorded.voluntarySwitches,
      involuntary: recorded.involuntarySwitches,
    },
    samples,
    ...(taxes === undefined ? {} : { taxes }),
    ...(faultKinds === undefined ? {} : { faultKinds }),
  };
}
