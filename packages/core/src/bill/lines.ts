/** Lines: what the bill itemises, one per process, system call and target, dearest first. */
import type { DescriptorKind, HistogramCell, Recording, Target } from "../recording.ts";
import {
  addIntervals,
  aroundLikely,
  histogramMaximum,
  histogramQuantile,
  mergeHistograms,
  scaleInterval,
  subtractIntervals,
  wilsonInterval,
  zeroInterval,
} from "../statistics.ts";
import type { WaitReason } from "../wait-reason.ts";
import { addError, lineCost } from "./call-costs.ts";
import { addLineWaits, countCalls } from "./ledger.ts";
import type { PricedLine, ProcessAccount } from "./process-account.ts";
import type { Rates } from "./rates.ts";
import { countSamples, lineSamples } from "./samples.ts";
import type { BillLine, BillTarget } from "./shape.ts";
import { sum } from "./sum.ts";
import { betweenHooks } from "./timed-lines.ts";

interface OpenLine {
  readonly account: ProcessAccount;
  readonly target: BillTarget;
  readonly parts: PricedLine[];
}

/** Merges lines that differ in error only, or in a target that nobody could tell apart. */
export function makeLines(
  recording: Recording,
  accounts: readonly ProcessAccount[],
  rates: Rates,
): BillLine[] {
  const targets = new BillTargets(recording.targets);
  const open = new Map<string, OpenLine>();
  for (const account of accounts) {
    for (const part of account.lines) {
      const { kind, target: id, syscall } = part.line.recorded;
      const { number, target } = targets.of(kind, id);
      const key = `${account.process.recorded.id} ${syscall} ${number}`;
      const line = open.get(key);
      if (line === undefined) open.set(key, { account, target, parts: [part] });
      else line.parts.push(part);
    }
  }
  const lines = [...open.values()].map((line) => closeLine(line, recording, rates));
  return lines.sort(byCost);
}

interface NumberedTarget {
  readonly number: number;
  readonly target: BillTarget;
}

/** Targets as the bill shows them: each made once, and one number for those that look the same. */
class BillTargets {
  private readonly recorded: ReadonlyMap<string, Target>;
  private readonly byId = new Map<string, NumberedTarget>();
  private readonly byLook = new Map<string, NumberedTarget>();

  constructor(targets: readonly Target[]) {
    this.recorded = new Map(targets.map((target) => [target.id, target]));
  }

  of(kind: DescriptorKind, id: string | null): NumberedTarget {
    const known = id === null ? kind : `${kind} ${id}`;
    const found = this.byId.get(known);
    if (found !== undefined) return found;
    const target = billTarget(kind, id === null ? undefined : this.recorded.get(id));
    const look = JSON.stringify(target);
    const numbered = this.byLook.get(look) ?? { number: this.byLook.size, target };
    this.byLook.set(look, numbered);
    this.byId.set(known, numbered);
    return numbered;
  }
}

function billTarget(kind: DescriptorKind, target: Target | undefined): BillTarget {
  return {
    kind: target?.kind ?? kind,
    path: target?.name ?? null,
    fileSystem: target?.fileSystem ?? null,
    deleted: target?.deleted ?? false,
    truncated: target?.truncated ?? false,
    unresolved: kind !== "none" && (target?.name ?? null) === null,
  };
}

function closeLine(line: OpenLine, recording: Recording, rates: Rates): BillLine {
  const { account, target, parts } = line;
  const { recorded } = account.process;
  const total = (of: (part: PricedLine) => number) => sum(parts, of);
  const errors: Record<string, number> = {};
  const waits = new Map<WaitReason, number>();
  for (const { line: part } of parts) {
    const { error, count } = part.recorded;
    if (error !== null) addError(errors, error, count);
    addLineWaits(waits, part);
  }
  const positioned = total(({ line: part }) => part.recorded.positioned);
  const sequential = total(({ line: part }) => part.recorded.sequential);
  const kernelNs = total((part) => part.kernelNs);
  return {
    process: { pid: recorded.pid, comm: recorded.comm, exe: recorded.exe, id: recorded.id },
    syscall: parts[0]?.line.recorded.syscall ?? "",
    target,
    count: total(({ line: part }) => part.recorded.count),
    errors,
    bytes: total(({ line: part }) => part.recorded.bytes),
    requestedBytes: total(({ line: part }) => part.recorded.requestedBytes),
    sizes: mergeHistograms(parts.flatMap(({ line: part }) => part.recorded.sizes)),
    sequential: positioned > 0 ? Math.min(1, sequential / positioned) : null,
    boundaryNs: total((part) => part.boundaryNs),
    kernelNs,
    waitNs: total(({ line: part }) => part.waitNs),
    waits: Object.fromEntries(waits),
    intervals: { kernelNs: kernelInterval(line, kernelNs, recording, rates) },
    latency: latencyOf(parts.flatMap(({ line: part }) => part.recorded.latency)),
  };
}

/** Timed: the window floor's interval. Sampled: the interval of the line's share of all samples. */
function kernelInterval(
  { account, parts }: OpenLine,
  kernelNs: number,
  { timing }: Recording,
  rates: Rates,
): BillLine["intervals"]["kernelNs"] {
  const lines = parts.map(({ line }) => line);
  const count = countCalls(lines);
  if (timing === "exact") {
    const onCpu = betweenHooks(lines);
    const measured = { low: onCpu, likely: onCpu, high: onCpu };
    const floor = scaleInterval(rates.windowFloor, count);
    return aroundLikely(subtractIntervals(measured, floor), kernelNs);
  }
  const { samples, onCpuNs } = account.process.recorded;
  const total = countSamples(samples);
  if (total === 0) return aroundLikely({ ...zeroInterval, high: onCpuNs }, kernelNs);
  const inCalls = scaleInterval(wilsonInterval(lineSamples(lines), total), onCpuNs);
  const ownCost = scaleInterval(addIntervals(rates.boundary, rates.overhead), count);
  return aroundLikely(subtractIntervals(inCalls, ownCost), kernelNs);
}

function latencyOf(cells: readonly HistogramCell[]): BillLine["latency"] {
  const merged = mergeHistograms(cells);
  const at = (quantile: number) => histogramQuantile(merged, quantile);
  const [p50, p90, p99, max] = [at(0.5), at(0.9), at(0.99), histogramMaximum(merged)];
  if (p50 === null || p90 === null || p99 === null || max === null) return null;
  // Whole nanoseconds: what lies below is not known, and differs between versions of Math.pow.
  return { p50: Math.round(p50), p90: Math.round(p90), p99: Math.round(p99), max };
}

/** Dearest first, then most frequent; names last, so that the order never depends on luck. */
function byCost(a: BillLine, b: BillLine): number {
  const difference = lineCost(b) - lineCost(a) || b.count - a.count || a.process.id - b.process.id;
  if (difference !== 0) return difference;
  const [left, right] = [`${a.syscall} ${a.target.path}`, `${b.syscall} ${b.target.path}`];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
