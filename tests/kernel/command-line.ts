/** The real command line, started as a user starts it, with prices measured once per test file. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chooseRecorder, type RecorderName } from "@crossbill/recorder";
import { afterAll, beforeAll, expect, test } from "vitest";

export const cli: string = fileURLToPath(
  new URL("../../packages/cli/bin/crossbill.js", import.meta.url),
);

/** eBPF is part of the game wherever crossbill itself would choose it. */
export const recorders: readonly RecorderName[] =
  chooseRecorder({ forced: null }).recorder === "ebpf" ? ["ptrace", "ebpf"] : ["ptrace"];

/** The beginning of `crossbill run` with each of them. */
export const runs: readonly { readonly recorder: RecorderName; readonly run: readonly string[] }[] =
  recorders.map((recorder) => ({ recorder, run: ["run", "--recorder", recorder] }));

/** A test of the eBPF recorder; skipped where crossbill itself would not choose it. */
export const ebpfTest: ReturnType<typeof test.runIf> = test.runIf(recorders.includes("ebpf"));

export interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  /** Bytes, one code unit each. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Expects how a run ended; when it ended otherwise, its standard error says why. */
export function expectEnd(
  ended: Pick<Ended, "status" | "stderr"> & Partial<Ended>,
  expected: Partial<Ended>,
): void {
  expect(ended, `its standard error:\n${ended.stderr}`).toMatchObject(expected);
}

/** Runs a command to its end. */
export function runToEnd(
  [program, ...args]: readonly [string, ...string[]],
  input = "",
  environment: Record<string, string> = {},
): Ended {
  const { error, status, signal, stdout, stderr } = spawnSync(program, args, {
    input,
    encoding: "latin1",
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, ...environment },
  });
  if (error !== undefined) throw error;
  return { status, signal, stdout, stderr };
}

export function crossbill(
  args: readonly string[],
  input = "",
  environment: Record<string, string> = {},
): Ended {
  return runToEnd([process.execPath, cli, ...args], input, environment);
}

/** crossbill while it runs. */
export interface Running {
  readonly child: ChildProcess;
  /** What it and its program have written so far. */
  readonly said: Pick<Ended, "stdout" | "stderr">;
  /** When it has ended, and everything else that could write to its outputs. */
  readonly ended: Promise<Ended>;
}

export function startCrossbill(
  args: readonly string[],
  nodeFlags: readonly string[] = [],
  environment: Record<string, string> = {},
): Running {
  const child = spawn(process.execPath, [...nodeFlags, cli, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("latin1").on("data", (text: string) => {
      said[name] += text;
    });
  }
  const ended = once(child, "close").then(
    (): Ended => ({ status: child.exitCode, signal: child.signalCode, ...said }),
  );
  return { child, said, ended };
}

/** A folder for the file's tests, which has the prices too; `path` is set while they run. */
export function useOwnFolder(): { path: string } {
  const folder = { path: "" };
  beforeAll(() => {
    folder.path = mkdtempSync(join(tmpdir(), "crossbill-run-"));
    process.env["XDG_CACHE_HOME"] = join(folder.path, "cache");
    // So wide that no sentence is wrapped and no name is cut.
    process.env["COLUMNS"] = "400";
    expectEnd(crossbill(["calibrate", "--quick"]), { status: 0 });
  });
  afterAll(() => rmSync(folder.path, { recursive: true }));
  return folder;
}
