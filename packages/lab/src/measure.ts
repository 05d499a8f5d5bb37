/** measure: runs crossbill-calibrate once, in a fresh process, bare or under a recorder. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { UnsupportedError } from "@crossbill/core";
import { calibrateProgram } from "./native-program.ts";
import { parseSamples, type Samples } from "./samples.ts";

/** 8,192 blocks of about 50 characters, and room. */
const MOST_CHARACTERS = 2 << 20;
/** Far above what any one process is asked for; reached only when the machine hangs. */
const TIMEOUT_MS = 30_000;

/** One process: what it measures, and for how long or how often. */
export type MeasureOrder = {
  readonly thing: string;
  readonly argument?: number;
} & ({ readonly seconds: number } | { readonly calls: number; readonly blockCalls: number });

/** The program's arguments for an order. */
export function calibrateArguments(order: MeasureOrder): string[] {
  const name = order.argument === undefined ? [order.thing] : [order.thing, `${order.argument}`];
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
 * Measures one thing in a fresh process.
 * @throws UnsupportedError when it cannot be measured here; AbortError when `signal` says so.
 */
export async function measure(order: MeasureOrder, signal?: AbortSignal): Promise<Samples> {
  signal?.throwIfAborted();
  const child = spawn(calibrateProgram(), calibrateArguments(order), {
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
    throw new UnsupportedError(`measuring ${order.thing} (${why})`, null);
  }
  return parseSamples(output());
}
