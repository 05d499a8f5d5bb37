/** live: the user's own program, run with and without the fix. */
import { type Trial, UnsupportedError } from "@crossbill/core";

export interface LiveOptions {
  readonly command: readonly [string, ...string[]];
  /** Code of the finding whose fix is to be tried; null: every fix that is safe. */
  readonly finding: string | null;
  /** Also fixes that change what survives a crash, such as grouping fsync. */
  readonly unsafe: boolean;
  /** Files the program writes, to be compared byte by byte. */
  readonly outputFiles: readonly string[];
  readonly machineKey: string;
  readonly signal: AbortSignal;
  /** One line of what is done now. */
  readonly onProgress: (doing: string) => void;
}

/** What came of it: for the scoreboard, and in lines to print. */
export interface LiveTrial {
  readonly trial: Trial;
  readonly lines: readonly string[];
}

/**
 * Runs the command plain and fixed, in pairs.
 * @throws UnsupportedError when the fix cannot be put into this program; AbortError by `signal`.
 */
export async function runLive({ signal }: LiveOptions): Promise<LiveTrial> {
  signal.throwIfAborted();
  throw new UnsupportedError("a trial of the running program", null, {
    remedy: "replay its bill instead: crossbill try bill.json",
  });
}
