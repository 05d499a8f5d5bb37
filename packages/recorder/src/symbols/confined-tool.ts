/** A confined tool: parses a file that may be hostile, in a process of its own that cannot do harm. */
import { type ChildProcess, spawn } from "node:child_process";

/**
 * What the tool may use: seconds on the CPU, bytes of memory, no file to write, no core dump.
 * Two gigabytes hold the debugging information of all but the largest browsers.
 */
const LIMITS = ["--cpu=2", `--as=${2 ** 31}`, "--fsize=0", "--core=0"];
const OUTPUT_CHARACTERS_MAX = 4 << 20;

/** Where a tool finds the file it is given; it is opened by us, so that no name can change under us. */
export const GIVEN_FILE = "/proc/self/fd/3";

export interface ToolRun {
  /** Of binutils or its like, from the user's PATH. */
  readonly tool: string;
  readonly arguments: readonly string[];
  /** Open descriptor of the file, which the tool knows as GIVEN_FILE. */
  readonly file: number;
  readonly input: string;
}

/**
 * What the tool printed; null when it is missing, failed, printed too much or `signal` ended it.
 * Its environment is bare: no other locale, and no debuginfod server to ask over the network.
 */
export function runConfined(run: ToolRun, signal: AbortSignal): Promise<string | null> {
  if (signal.aborted) return Promise.resolve(null);
  const child = spawn("prlimit", [...LIMITS, "--", run.tool, ...run.arguments], {
    stdio: ["pipe", "pipe", "ignore", run.file],
    env: { PATH: process.env["PATH"], LC_ALL: "C" },
  });
  return new Promise((resolve) => {
    const giveUp = () => {
      child.kill("SIGKILL");
      resolve(null); // Now: one that hangs in the kernel takes the signal later, or never.
    };
    signal.addEventListener("abort", giveUp, { once: true });
    const output = collect(child, giveUp);
    child.once("error", () => resolve(null));
    child.once("close", (code) => {
      signal.removeEventListener("abort", giveUp);
      resolve(code === 0 ? output() : null);
    });
    child.stdin?.on("error", () => {}); // It ended before it had read everything: `close` tells.
    child.stdin?.end(run.input);
  });
}

function collect({ stdout }: ChildProcess, tooMuch: () => void): () => string {
  let text = "";
  stdout?.setEncoding("utf8");
  stdout?.on("data", (piece: string) => {
    text += piece;
    if (text.length > OUTPUT_CHARACTERS_MAX) tooMuch();
  });
  return () => text;
}
