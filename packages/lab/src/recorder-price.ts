/**
 * recorder-price: what a recorder adds to each crossing. One group of a round runs the same getppid
 * loop bare and under each recorder, in random order; the price is the difference within a group.
 */
import { spawn } from "node:child_process";
import { Readable } from "node:stream";
import { errnoName, type Interval, type RecorderPrice, UnsupportedError } from "@crossbill/core";
import {
  collectText,
  ended,
  type MeasureOrder,
  measureArguments,
  measureProgram,
  parseSamples,
  type Samples,
} from "@crossbill/native";
import { recorderBinary, StreamReader } from "@crossbill/recorder";
import { intervalOver, LOW_QUANTILE, nsPerEvent, quantile } from "./estimate.ts";

/** The recorders with their timing, as the prices name them. */
export const recorderModes = ["ebpfSampled", "ebpfExact", "ptrace"] as const;
export type RecorderMode = (typeof recorderModes)[number];

/** What one getppid call cost one process, bare or under a recorder, ns. */
export interface LoopPrice {
  readonly nsPerCall: number;
  /** Of these, the program's own time on the CPU. */
  readonly cpuNsPerCall: number;
  /** What the recorder itself saw; null in a bare process and without exact timing. */
  readonly seen: { readonly onCpuNs: number; readonly waitNs: number } | null;
}

export interface RecorderMeasurement extends LoopPrice {
  readonly mode: RecorderMode | "bare";
  readonly round: number;
}

/** Long enough to hold several ticks of a recorder's 1 ms sampler, whose cost thus is in every block. */
const BLOCK_CALLS = 16_384;
/** A ptrace stop costs some ten thousand times more than the clock's resolution. */
const PTRACE_BLOCK_CALLS = 50;
/**
 * Under ptrace two processes hand each call to and fro, and what a call costs depends on where the
 * scheduler puts them. That is no interference but the price itself: hence the median there.
 */
const PTRACE_QUANTILE = 0.5;
const TIMEOUT_MS = 20_000;
const NOTHING: Interval = { low: 0, likely: 0, high: 0 };

const commandLine = {
  ebpfSampled: ["ebpf", "sampled"],
  ebpfExact: ["ebpf", "exact"],
  ptrace: ["ptrace", "exact"],
} as const;

/** The getppid loop for a mode; `effort` 1 is the quick pass. */
export function recorderOrder(
  mode: RecorderMode | "bare",
  effort: number,
): MeasureOrder & {
  calls: number;
} {
  return mode === "ptrace"
    ? {
        mechanism: "getppid",
        calls: 6 * effort * PTRACE_BLOCK_CALLS,
        blockCalls: PTRACE_BLOCK_CALLS,
      }
    : { mechanism: "getppid", calls: 5 * effort * BLOCK_CALLS, blockCalls: BLOCK_CALLS };
}

/** The loop's price by what its process printed. */
export function loopPrice(mode: RecorderMode | "bare", samples: Samples): Omit<LoopPrice, "seen"> {
  const share = mode === "ptrace" ? PTRACE_QUANTILE : LOW_QUANTILE;
  const ns = nsPerEvent(samples.blocks, share);
  const cpu = samples.blocks.map(({ calls, cpuNs }) => cpuNs / calls);
  if (ns === null) throw new UnsupportedError(`the ${mode} recorder's price (no samples)`, null);
  return { nsPerCall: ns, cpuNsPerCall: quantile(cpu, share) };
}

/** Reads the recorder's stream to its end: the getppid calls it counted, and what it saw of each. */
async function readStream(stream: unknown): Promise<{ count: number; seen: LoopPrice["seen"] }> {
  const reader = new StreamReader();
  if (stream instanceof Readable) {
    for await (const chunk of stream) if (chunk instanceof Uint8Array) reader.push(chunk);
  }
  const end = reader.finish();
  if (end.kind === "failed") {
    const { stage, what, errno } = end.failure;
    throw new UnsupportedError(`recording (${stage}: ${what}: ${errnoName(errno)})`, null);
  }
  if (end.kind === "cut") throw new UnsupportedError("recording (the recorder died)", null);
  const lines = end.facts.lines.filter(({ syscall }) => syscall === "getppid");
  const count = lines.reduce((sum, line) => sum + line.count, 0);
  if (count === 0 || lines.some(({ onCpuNs }) => onCpuNs === null)) return { count, seen: null };
  const onCpuNs = lines.reduce((sum, line) => sum + (line.onCpuNs ?? 0), 0) / count;
  const waitNs = lines.reduce((sum, { wait }) => sum + wait.ioNs + wait.otherNs, 0) / count;
  return { count, seen: { onCpuNs, waitNs } };
}

/**
 * Measures one mechanism in a fresh process under a recorder; `getppid` is what of it was recorded.
 * @throws CrossbillError when the recorder or the mechanism does not work here.
 */
export async function measureRecorded(
  mode: RecorderMode,
  order: MeasureOrder,
  signal?: AbortSignal,
): Promise<{ samples: Samples; getppid: { count: number; seen: LoopPrice["seen"] } }> {
  signal?.throwIfAborted();
  const [recorder, timing] = commandLine[mode];
  const options = ["--stream", "3", "--control", "4", "--timing", timing];
  const command = [measureProgram(), ...measureArguments(order)];
  const child = spawn(recorderBinary(recorder), ["run", ...options, "--", ...command], {
    stdio: ["ignore", "pipe", "ignore", "pipe", "pipe"],
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
    ...(signal === undefined ? {} : { signal }),
  });
  // The control descriptor is only held open; a recorder that is gone ends the stream as well.
  child.stdio[4]?.on("error", () => {});
  const output = collectText(child.stdout, child);
  const end = ended(child);
  // Both are awaited together, so that the failure of one never leaves the other unheard.
  const [getppid] = await Promise.all([readStream(child.stdio[3]), end]).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
  return { samples: parseSamples(output()), getppid };
}

/**
 * Runs the loop under one recorder.
 * @throws CrossbillError when the recorder does not work here, or counted other than was called.
 */
export async function measureRecorder(
  mode: RecorderMode,
  effort: number,
  signal?: AbortSignal,
): Promise<LoopPrice> {
  const order = recorderOrder(mode, effort);
  const { samples, getppid } = await measureRecorded(mode, order, signal);
  if (getppid.count !== order.calls) {
    throw new UnsupportedError(`pricing (${getppid.count} of ${order.calls} calls counted)`, null);
  }
  return { ...loopPrice(mode, samples), seen: getppid.seen };
}

/** The price of one recorder over the rounds; null when no round has both sides. */
export function deriveRecorderPrice(
  mode: RecorderMode,
  measurements: readonly RecorderMeasurement[],
): RecorderPrice | null {
  const bare = new Map<number, RecorderMeasurement>();
  for (const one of measurements) if (one.mode === "bare") bare.set(one.round, one);
  const pairs = measurements.flatMap((recorded) => {
    const without = bare.get(recorded.round);
    return recorded.mode === mode && without !== undefined ? [{ recorded, without }] : [];
  });
  const over = (value: (one: LoopPrice) => number): Interval | null =>
    intervalOver(pairs.map(({ recorded, without }) => value(recorded) - value(without)));
  const added = over((one) => one.nsPerCall);
  const onCpu = over((one) => one.cpuNsPerCall);
  if (added === null || onCpu === null) return null;
  const seen = pairs.flatMap(({ recorded }) => (recorded.seen === null ? [] : [recorded.seen]));
  return {
    overheadNsPerCrossing: added,
    onCpuNsPerCrossing: onCpu,
    windowFloorNs: intervalOver(seen.map(({ onCpuNs }) => onCpuNs)) ?? NOTHING,
    waitFloorNs: intervalOver(seen.map(({ waitNs }) => waitNs)) ?? NOTHING,
  };
}
