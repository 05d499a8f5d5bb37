/**
 * recorder-price: what a recorder adds to each crossing. One group of a round runs the same getppid
 * loop bare and under each recorder, in random order; the price is the difference within a group.
 */
import { spawn } from "node:child_process";
import { Readable } from "node:stream";
import { type RecorderPrice, UnsupportedError } from "@crossbill/core";
import { recorderBinary, StreamReader } from "@crossbill/recorder";
import { intervalOver, LOW_QUANTILE, nsPerEvent } from "./estimate.ts";
import { calibrateArguments, collectText, ended, type MeasureOrder } from "./measure.ts";
import { calibrateProgram } from "./native-program.ts";
import { parseSamples, type Samples } from "./samples.ts";

/** The recorders with their timing, as the prices name them. */
export const recorderModes = ["ebpfSampled", "ebpfExact", "ptrace"] as const;
export type RecorderMode = (typeof recorderModes)[number];

/** What one process under one recorder showed, or one bare process. */
export interface RecorderMeasurement {
  readonly mode: RecorderMode | "bare";
  readonly round: number;
  readonly nsPerCall: number;
  /** Time on the CPU that the recorder itself saw per call, ns; null without exact timing. */
  readonly seenNsPerCall: number | null;
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
    ? { thing: "getppid", calls: 6 * effort * PTRACE_BLOCK_CALLS, blockCalls: PTRACE_BLOCK_CALLS }
    : { thing: "getppid", calls: 5 * effort * BLOCK_CALLS, blockCalls: BLOCK_CALLS };
}

/** Price per call of what a process printed. */
export function nsPerCall(mode: RecorderMode | "bare", samples: Samples): number {
  const ns = nsPerEvent(samples.blocks, mode === "ptrace" ? PTRACE_QUANTILE : LOW_QUANTILE);
  if (ns === null) throw new UnsupportedError(`the ${mode} recorder's price (no samples)`, null);
  return ns;
}

/** Reads the recorder's stream to its end: getppid calls counted, and the time seen in them. */
async function readStream(stream: unknown): Promise<{ count: number; onCpuNs: number | null }> {
  const reader = new StreamReader();
  if (stream instanceof Readable) {
    for await (const chunk of stream) if (chunk instanceof Uint8Array) reader.push(chunk);
  }
  const end = reader.finish();
  if (end.kind === "failed") {
    const { stage, what } = end.failure;
    throw new UnsupportedError(`recording (${stage}: ${what})`, null);
  }
  if (end.kind === "cut") throw new UnsupportedError("recording (the recorder died)", null);
  const lines = end.facts.lines.filter(({ syscall }) => syscall === "getppid");
  const count = lines.reduce((sum, line) => sum + line.count, 0);
  const timed = lines.every(({ onCpuNs }) => onCpuNs !== null);
  return {
    count,
    onCpuNs: timed ? lines.reduce((sum, line) => sum + (line.onCpuNs ?? 0), 0) : null,
  };
}

/**
 * Runs the loop under one recorder.
 * @throws CrossbillError when the recorder does not work here, or counted other than was called.
 */
export async function measureRecorder(
  mode: RecorderMode,
  effort: number,
  signal?: AbortSignal,
): Promise<{ nsPerCall: number; seenNsPerCall: number | null }> {
  signal?.throwIfAborted();
  const [recorder, timing] = commandLine[mode];
  const order = recorderOrder(mode, effort);
  const options = ["--stream", "3", "--control", "4", "--timing", timing];
  const command = [calibrateProgram(), ...calibrateArguments(order)];
  const child = spawn(recorderBinary(recorder), ["run", ...options, "--", ...command], {
    stdio: ["ignore", "pipe", "ignore", "pipe", "pipe"],
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
    ...(signal === undefined ? {} : { signal }),
  });
  const output = collectText(child.stdout, child);
  const end = ended(child);
  // Both are awaited together, so that the failure of one never leaves the other unheard.
  const [seen] = await Promise.all([readStream(child.stdio[3]), end]).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
  if (seen.count !== order.calls) {
    throw new UnsupportedError(`pricing (${seen.count} of ${order.calls} calls counted)`, null);
  }
  return {
    nsPerCall: nsPerCall(mode, parseSamples(output())),
    seenNsPerCall: seen.onCpuNs === null ? null : seen.onCpuNs / seen.count,
  };
}

/** The price of one recorder over the rounds; null when no round has both sides. */
export function deriveRecorderPrice(
  mode: RecorderMode,
  measurements: readonly RecorderMeasurement[],
): RecorderPrice | null {
  const bare = new Map<number, number>();
  for (const one of measurements) if (one.mode === "bare") bare.set(one.round, one.nsPerCall);
  const own = measurements.filter((one) => one.mode === mode && bare.has(one.round));
  const added = intervalOver(own.map((one) => one.nsPerCall - (bare.get(one.round) ?? 0)));
  const seen = own.flatMap(({ seenNsPerCall }) => (seenNsPerCall === null ? [] : [seenNsPerCall]));
  if (added === null) return null;
  return {
    overheadNsPerCrossing: added,
    windowFloorNs: intervalOver(seen) ?? { low: 0, likely: 0, high: 0 },
  };
}
