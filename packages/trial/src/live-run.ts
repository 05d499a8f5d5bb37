/** live-run: the program, run once with its streams in files. */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { errnoName, RecorderError, TargetError, UnsupportedError } from "@crossbill/core";
import { type LiveFix, PATHS_MS } from "./live-fixes.ts";
import { type LiveReport, REPORT_BYTES, readReport } from "./live-report.ts";

/** Where the runs of one trial happen. */
export interface LivePlace {
  readonly command: readonly [string, ...string[]];
  /** Folder for the files of the runs. */
  readonly folder: string;
  /** File that is standard input. */
  readonly input: string;
  readonly signal: AbortSignal;
}

export interface LiveRun {
  /** Without the time that its first thread stood ready while others ran: bills keep it apart too. */
  readonly elapsedNs: number;
  readonly cpuNs: number;
  readonly status: number;
  /** Number of the signal that killed it; 0: none did. */
  readonly killedBy: number;
  /** null: it ran without the library. */
  readonly report: LiveReport | null;
}

const MOST_RESULT_CHARACTERS = 10_000;

export function standardOutputOf({ folder }: LivePlace): string {
  return join(folder, "out");
}

export function standardErrorOf({ folder }: LivePlace): string {
  return join(folder, "err");
}

/** What puts the program in place of the runner, for a recorder to see. */
export function becomingCommand(place: LivePlace): readonly [string, ...string[]] {
  return [built("crossbill-timed"), "--become", ...streams(place), "--", ...place.command];
}

/**
 * @throws TargetError when the program cannot be started, UnsupportedError when the library is not
 * built, AbortError by the signal.
 */
export async function runLiveOnce(
  place: LivePlace,
  fixes: readonly LiveFix[] | null,
): Promise<LiveRun> {
  const report = join(place.folder, "report");
  if (fixes !== null) writeFileSync(report, Buffer.alloc(REPORT_BYTES), { mode: 0o600 });
  const child = spawn(
    built("crossbill-timed"),
    [...streams(place), ...(fixes === null ? [] : settings(report, fixes)), "--", ...place.command],
    { stdio: [0, "ignore", "ignore", "pipe"], signal: place.signal, killSignal: "SIGKILL" },
  );
  const text = await resultOf(child);
  place.signal.throwIfAborted();
  return {
    ...parseResult(text, place.command[0]),
    report: fixes === null ? null : readReport(readFileSync(report)),
  };
}

function streams(place: LivePlace): string[] {
  return [
    ...["--in", place.input],
    ...["--out", standardOutputOf(place)],
    ...["--err", standardErrorOf(place)],
  ];
}

/** Our library before those that the user loads already. */
function settings(report: string, fixes: readonly LiveFix[]): string[] {
  const others = process.env["LD_PRELOAD"];
  const library = built("crossbill-live.so");
  return [
    ...["--set", `LD_PRELOAD=${others === undefined ? library : `${library}:${others}`}`],
    ...["--set", `CROSSBILL_LIVE_REPORT=${report}`],
    ...["--set", `CROSSBILL_LIVE_FIXES=${fixes.join(",")}`],
    ...["--set", `CROSSBILL_LIVE_PATHS_MS=${PATHS_MS}`],
  ];
}

/** The same from src/ and from dist/. */
function built(name: string): string {
  const path = fileURLToPath(new URL(`../build/${name}`, import.meta.url));
  try {
    accessSync(path, constants.R_OK);
    return path;
  } catch (cause) {
    throw new UnsupportedError(`a live trial (${name} is not built)`, null, {
      cause,
      remedy: "run ./setup, which builds it",
    });
  }
}

function resultOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const channel: unknown = child.stdio[3];
    let text = "";
    if (channel instanceof Readable) {
      channel.setEncoding("latin1");
      channel.on("data", (part: string) => {
        if (text.length < MOST_RESULT_CHARACTERS) text += part;
      });
    }
    child.once("error", reject);
    child.once("close", () => resolve(text));
  });
}

function parseResult(text: string, program: string): Omit<LiveRun, "report"> {
  const failed = /^failed (\d+) (.*)$/m.exec(text);
  if (failed !== null) throw new TargetError(program, errnoName(Number(failed[1])));
  const ran = /^ran (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$/m.exec(text);
  if (ran === null)
    throw new RecorderError("crossbill-timed, which runs the program, ended without a word");
  const [wallNs = 0, queueNs = 0, userNs = 0, systemNs = 0, status = 0, killedBy = 0] = ran
    .slice(1)
    .map(Number);
  return { elapsedNs: Math.max(1, wallNs - queueNs), cpuNs: userNs + systemNs, status, killedBy };
}
