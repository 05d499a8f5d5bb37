/** measure: runs crossbill-measure once, in a fresh process, bare or under a recorder. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { UnsupportedError } from "@crossbill/core";
import { measureProgram } from "./measure-program.ts";
import { parseSamples, type Samples } from "./samples.ts";

/** 8,192 blocks of about 200 characters, and room. */
const MOST_CHARACTERS = 2 << 20;
/** Far above what any one process is asked for; reached only when the machine hangs. */
const TIMEOUT_MS = 30_000;

/** What a mechanism is told, by name; its file in src/mechanisms/ says what it knows. */
export type Parameters = Readonly<Record<string, string | number>>;

/** One process: what it measures, and for how long or how often. */
export type MeasureOrder = {
  readonly mechanism: string;
  readonly parameters?: Parameters;
} & ({ readonly seconds: number } | { readonly calls: number; readonly blockCalls: number });

/** The program's arguments for an order. */
export function measureArguments(order: MeasureOrder): string[] {
  const given = Object.entries(order.parameters ?? {}).map(([key, value]) => `${key}=${value}`);
  const name = [order.mechanism, ...given];
  return "seconds" in order
    ? [...name, "--seconds", `${order.seconds}`]
    : [...name, "--calls", `${order.calls}`, "--block", `${order.blockCalls}`];
}

/** Collects a stream's text; more than MOST_CHARACTERS end the process that writes it. */
export function collectText(stream: Readable | null, child: ChildProcess): () => string {
  let text = "";
  stream?.setEncoding("utf8");
  stream?.on("data", (piece: string) => {
    text += piece;
    if (text.length > MOST_CHARACTERS) child.kill("SIGKILL");
  });
  return () => text;
}

/** How a child ended: its exit code, or null when a signal or a failure to start ended it. */
export function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code));
  });
}

/**
 * Measures one mechanism in a fresh process.
 * @throws UnsupportedError when it cannot be measured here; AbortError when `signal` says so.
 */
export async function measure(order: MeasureOrder, signal?: AbortSignal): Promise<Samples> {
  signal?.throwIfAborted();
  const child = spawn(measureProgram(), measureArguments(order), {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
    ...(signal === undefined ? {} : { signal }),
  });
  const output = collectText(child.stdout, child);
  const complaint = collectText(child.stderr, child);
  const code = await ended(child);
  if (code !== 0) {
    const why = complaint().trim() || `it ended with ${code ?? "a signal"}`;
    throw new UnsupportedError(`measuring ${order.mechanism} (${why})`, null);
  }
  return parseSamples(output());
}
