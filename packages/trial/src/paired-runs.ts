/** paired-runs: both ways in fresh processes, side by side and in random order. */
import { randomInt } from "node:crypto";
import { FEWEST_PAIRS, median, type TimedPair } from "@crossbill/core";
import { measure, type Samples } from "@crossbill/native";
import type { FixedWay } from "./ways.ts";

/** An odd number, of which the interval leaves out both extremes; see core's paired-ratio.ts. */
const PAIRS = 9;
/** After this long fewer must do, but never fewer than say something. */
const PATIENCE_MS = 20_000;

/** What one process found. */
export interface Run {
  readonly ns: number;
  readonly systemCalls: number;
  readonly bytes: number;
  /** Calls that returned another length than when they were recorded. */
  readonly differing: number;
  readonly deviceBytes: number;
  readonly checksum: number;
}

export interface PairedRuns {
  readonly plain: readonly Run[];
  readonly changed: readonly Run[];
}

export interface RunOrder {
  /** Mechanism of the recorded calls. */
  readonly present: string;
  readonly fix: FixedWay;
  /** Path of the plan, and of the scratch file when there is one. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Times that one process makes all calls. */
  readonly repeats: number;
  readonly signal: AbortSignal;
  readonly onPair: (share: number) => void;
}

/** @throws UnsupportedError when a way does not work here; AbortError by the signal. */
export async function runPairs(order: RunOrder): Promise<PairedRuns> {
  const plain: Run[] = [];
  const changed: Run[] = [];
  const until = Date.now() + PATIENCE_MS;
  while (plain.length < PAIRS && (plain.length < FEWEST_PAIRS || Date.now() < until)) {
    order.onPair(plain.length / PAIRS);
    const isPlainFirst = randomInt(2) === 0;
    if (isPlainFirst) plain.push(await runOnce(order, order.present, {}));
    changed.push(await runOnce(order, order.fix.mechanism, order.fix.parameters));
    if (!isPlainFirst) plain.push(await runOnce(order, order.present, {}));
  }
  return { plain, changed };
}

/** The times of both, pair by pair. */
export function timedPairs({ plain, changed }: PairedRuns): TimedPair[] {
  return plain.flatMap(({ ns: plainNs }, at) => {
    const changedNs = changed[at]?.ns;
    return changedNs === undefined ? [] : [{ plainNs, changedNs }];
  });
}

async function runOnce(
  { parameters: files, repeats, signal }: RunOrder,
  mechanism: string,
  parameters: FixedWay["parameters"],
): Promise<Run> {
  const { blocks } = await measure(
    { mechanism, parameters: { ...files, ...parameters }, calls: repeats, blockCalls: 1 },
    signal,
  );
  return summary(blocks);
}

function summary(blocks: Samples["blocks"]): Run {
  const count = (name: string): number => median(blocks.map(({ counts }) => counts[name] ?? 0));
  return {
    // Bills keep what waited for a CPU apart, so it is left out here too.
    ns: median(blocks.map(({ ns, counts }) => Math.max(1, ns - (counts["queueNs"] ?? 0)))),
    systemCalls: count("systemCalls"),
    bytes: count("bytes"),
    // Any block that differs is one too many.
    differing: Math.max(...blocks.map(({ counts }) => counts["differing"] ?? 0)),
    deviceBytes: count("deviceBytes"),
    checksum: count("checksum"),
  };
}
