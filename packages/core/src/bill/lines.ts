/** Lines: what the bill itemises, one per process, system call and target, surely dearest first. */
import type { Recording } from "../recording.ts";
import {
  addIntervals,
  aroundLikely,
  type Bounds,
  type KnownSum,
  mergeHistograms,
  quantileBounds,
  scaleInterval,
  subtractIntervals,
  wilsonInterval,
  zeroInterval,
} from "../statistics.ts";
import type { WaitReason } from "../wait-reason.ts";
import { BillTargets } from "./bill-targets.ts";
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
  targets: BillTargets,
  rates: Rates,
): BillLine[] {
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
  return [...open.values()]
    .map((own) => {
      const line = closeLine(own, recording, rates);
      return { line, knownNs: knownCost(line, own, recording) };
    })
    .sort((a, b) => b.knownNs - a.knownNs || byCost(a.line, b.line))
    .map(({ line }) => line);
}

/** Fewer samples than this may all be chance: they give a line no place before better founded ones. */
const SAMPLES_THAT_COUNT = 3;

/** What a line cost as far as that is sure: boundary, waiting, and work measured or at the least. */
function knownCost(line: BillLine, { parts }: OpenLine, { timing }: Recording): number {
  if (timing === "exact") return lineCost(line);
  const isFounded = lineSamples(parts.map((part) => part.line)) >= SAMPLES_THAT_COUNT;
  return lineCost({ ...line, kernelNs: isFounded ? line.intervals.kernelNs.low : 0 });
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
  const unfinished = total(({ line: part }) => part.recorded.unfinished ?? 0);
  const empty = total(({ line: part }) => part.recorded.empty ?? 0);
  const kernelNs = total((part) => part.kernelNs);
  const boundaryNs = total((part) => part.boundaryNs);
  const waitNs = total(({ line: part }) => part.waitNs);
  return {
    process: { pid: recorded.pid, comm: recorded.comm, exe: recorded.exe, id: recorded.id },
    syscall: parts[0]?.line.recorded.syscall ?? "",
    target,
    count: total(({ line: part }) => part.recorded.count),
    ...(unfinished > 0 ? { unfinished } : {}),
    errors,
    bytes: total(({ line: part }) => part.recorded.bytes),
    requestedBytes: total(({ line: part }) => part.recorded.requestedBytes),
    sizes: mergeHistograms(parts.flatMap(({ line: part }) => part.recorded.sizes)),
    sequential: positioned > 0 ? Math.min(1, sequential / positioned) : null,
    ...(empty > 0 ? { empty } : {}),
    ...distinctPathsOf(parts),
    boundaryNs,
    kernelNs,
    waitNs,
    waits: Object.fromEntries(waits),
    intervals: { kernelNs: kernelInterval(line, kernelNs, recording, rates) },
    latency: latencyOf(line, boundaryNs + kernelNs + waitNs, recording, rates),
  };
}

/** A path that both failed and succeeded counts twice; unknown of one part is unknown of all. */
function distinctPathsOf(parts: readonly PricedLine[]): Pick<BillLine, "distinctPaths"> {
  const returned = parts.filter(({ line: part }) => part.recorded.count > 0);
  const known = returned.map(({ line: part }) => part.recorded.distinctPaths);
  if (known.length === 0 || known.includes(undefined)) return {};
  return { distinctPaths: sum(known, (paths) => paths ?? 0) };
}

/** Timed: the window floor's interval. Sampled: the interval of the line's share of all samples. */
function kernelInterval(
  { account, parts }: OpenLine,
  kernelNs: number,
  { timing, imported }: Recording,
  rates: Rates,
): BillLine["intervals"]["kernelNs"] {
  const lines = parts.map(({ line }) => line);
  const count = countCalls(lines);
  // It may have been waiting, all of it.
  if (imported !== undefined) {
    return aroundLikely({ ...zeroInterval, high: betweenHooks(lines) }, kernelNs);
  }
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

/**
 * How long calls took at most and at least: their cells, narrowed by what they cost together. The cells
 * hold run queue and window floor, which the cost does not, and lack the boundary.
 */
function latencyOf(
  { account, parts }: OpenLine,
  costNs: number,
  { recorder }: Recording,
  rates: Rates,
): BillLine["latency"] {
  const cells = mergeHistograms(parts.flatMap(({ line }) => line.recorded.latency));
  const timed = sum(cells, ({ count }) => count);
  const count = countCalls(parts.map(({ line }) => line));
  if (timed === 0) return null;
  const perCall = sum(parts, ({ boundaryNs }) => boundaryNs) / Math.max(1, count);
  const floor = rates.windowFloor.likely;
  const known: KnownSum = {
    sum: costNs,
    above: Math.max(0, perCall - floor),
    // How long a traced thread stood inside its calls is not known call by call.
    below:
      recorder !== "ebpf"
        ? Number.POSITIVE_INFINITY
        : account.process.recorded.runQueueNs + timed * Math.max(0, floor - perCall),
    hasMore: timed !== count || parts.some(({ line }) => line.recorded.unfinished !== undefined),
  };
  const at = (quantile: number) => quantileBounds(cells, quantile, known) ?? { low: 0, high: 0 };
  const bounds = { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
  return { ...ends(bounds, "high"), atLeast: ends(bounds, "low") };
}

type Quantiles<Value> = Readonly<Record<"p50" | "p90" | "p99" | "max", Value>>;

/** Whole nanoseconds, none above the next. */
function ends({ p50, p90, p99, max }: Quantiles<Bounds>, end: keyof Bounds): Quantiles<number> {
  const upTo = (...bounds: readonly Bounds[]) =>
    Math.round(Math.min(...bounds.map((bound) => bound[end])));
  return {
    p50: upTo(p50, p90, p99, max),
    p90: upTo(p90, p99, max),
    p99: upTo(p99, max),
    max: upTo(max),
  };
}

/** Dearest first, then most frequent; names last, so that the order never depends on luck. */
function byCost(a: BillLine, b: BillLine): number {
  const difference = lineCost(b) - lineCost(a) || b.count - a.count || a.process.id - b.process.id;
  if (difference !== 0) return difference;
  const [left, right] = [`${a.syscall} ${a.target.path}`, `${b.syscall} ${b.target.path}`];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
