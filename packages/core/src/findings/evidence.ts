/** Evidence: what rules ask of a bill: programs, what their calls cost, and what else would cost. */
import type { BillLine, BillProcess, BillTime, UnadvisedBill } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import type { Interval } from "../prices.ts";
import { addIntervals, scaleInterval, zeroInterval } from "../statistics.ts";
import { waitReasons } from "../wait-reason.ts";

/** Processes that run the same executable: a loop may start it a thousand times. */
export interface Program {
  /** For people; raw. */
  readonly name: string;
  readonly processes: readonly BillProcess[];
  readonly lines: readonly BillLine[];
}

/** One bill, asked by many rules. */
export class Evidence {
  readonly bill: UnadvisedBill;
  readonly programs: readonly Program[];
  /** Elapsed time without what the recorder added to it, ns. */
  readonly elapsedNs: number;
  /**
   * Threads on a CPU at the same time, on average over the time in which the run was not idle. Under
   * 1 when it had to queue for CPUs that others had: that time goes with the CPU time that is saved.
   */
  readonly parallelism: number;
  /**
   * Share of the elapsed time in which nothing of the run was on a CPU or queued for one, and some
   * thread waited: a thread that is late to begin or to be reaped waits for nothing.
   */
  readonly idleShare: number;

  constructor(bill: UnadvisedBill) {
    this.bill = bill;
    this.programs = programsOf(bill);
    const busyNs = sum(bill.processes, busyTime);
    const { overheadNs } = bill.audit;
    const together = bill.elapsedNs > 0 ? (busyNs + overheadNs) / bill.elapsedNs : 1;
    this.elapsedNs = Math.max(1, bill.elapsedNs - overheadNs / Math.max(1, together));
    const unusedShare = Math.max(0, 1 - busyNs / this.elapsedNs);
    this.idleShare = Math.min(unusedShare, leafWaitNs(bill.time) / this.elapsedNs);
    const onCpuNs = busyNs - bill.time.runQueueNs;
    const inUse = onCpuNs / this.elapsedNs / (1 - unusedShare);
    this.parallelism = inUse > 0 ? inUse : 1;
  }

  /** What calls cost on the CPU: boundary and kernel work, ns. */
  cpuCost(lines: readonly BillLine[]): Interval {
    const boundary = this.calls(sum(lines, ({ count }) => count));
    return addIntervals(boundary, ...lines.map(({ intervals }) => intervals.kernelNs));
  }

  /** What `count` crossings cost at the boundary, ns. */
  calls(count: number): Interval {
    return scaleInterval(this.bill.prices.nullSyscallNs, count);
  }

  /** Copying `bytes` between user and kernel in pieces of `pieceBytes`, ns. */
  copying(bytes: number, pieceBytes: number): Interval {
    const tiers = this.bill.prices.copyNsPerByte;
    const tier = tiers.find(({ upToBytes }) => upToBytes === null || pieceBytes <= upToBytes);
    return scaleInterval((tier ?? tiers.at(-1))?.ns ?? zeroInterval, bytes);
  }

  /** `count` reads from the page cache that move `bytes` in all, ns. */
  reads(count: number, bytes: number): Interval {
    const fixed = scaleInterval(this.bill.prices.oneByteReadNs, count);
    return addIntervals(fixed, this.copying(bytes, bytes / Math.max(1, count)));
  }

  /** A price of the machine's profile by its code, ns an event; null when it was not measured. */
  price(code: string): Interval | null {
    const known = this.bill.prices.mechanisms ?? {};
    return Object.hasOwn(known, code) ? (known[code]?.ns ?? null) : null;
  }
}

/** On a CPU or queued for one, ns. */
export function busyTime({ time }: BillProcess): number {
  return time.userNs + time.boundaryNs + time.kernelNs + time.faultNs + time.runQueueNs;
}

/** Waiting of all threads, ns, but for that for a child: it is the child's that counts. */
export function leafWaitNs({ waitNs }: BillTime): number {
  return sum(waitReasons, (reason) => (reason === "child" ? 0 : waitNs[reason]));
}

/** The difference, which may be negative: a change may cost more than it saves. */
export function less(from: Interval, what: Interval): Interval {
  return {
    low: from.low - what.high,
    likely: from.likely - what.likely,
    high: from.high - what.low,
  };
}

/** What a candidate says of its place: the calls' names, once each, and the dearest target. */
export function placeOf(
  program: Program,
  lines: readonly BillLine[],
): { program: string; processes: number[]; syscalls: string[]; subject: string | null } {
  const dearest = lines.toSorted((a, b) => costOf(b) - costOf(a))[0];
  return {
    program: program.name,
    processes: [...new Set(lines.map(({ process }) => process.id))],
    syscalls: [...new Set(lines.map(({ syscall }) => syscall))],
    subject: dearest?.target.path ?? null,
  };
}

export function costOf({ boundaryNs, kernelNs, waitNs }: BillLine): number {
  return boundaryNs + kernelNs + waitNs;
}

export function countOf(lines: readonly BillLine[]): number {
  return sum(lines, ({ count }) => count);
}

export function bytesOf(lines: readonly BillLine[]): number {
  return sum(lines, ({ bytes }) => bytes);
}

function programsOf({ processes, lines }: UnadvisedBill): Program[] {
  const keyOf = (process: { exe: string | null; comm: string }) => process.exe ?? process.comm;
  const byProgram = new Map<string, { processes: BillProcess[]; lines: BillLine[] }>();
  const programOf = new Map<number, { processes: BillProcess[]; lines: BillLine[] }>();
  for (const process of processes) {
    const key = keyOf(process);
    const own = byProgram.get(key) ?? { processes: [], lines: [] };
    own.processes.push(process);
    byProgram.set(key, own);
    programOf.set(process.id, own);
  }
  for (const line of lines) programOf.get(line.process.id)?.lines.push(line);
  return [...byProgram.values()].map((own) => ({
    ...own,
    name: own.processes[0]?.comm ?? "",
  }));
}
