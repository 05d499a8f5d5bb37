/** The real command line, started as a user starts it, with prices measured once per test file. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chooseRecorder, type RecorderName } from "@crossbill/recorder";
import { afterAll, beforeAll, test } from "vitest";

export const cli: string = fileURLToPath(
  new URL("../../packages/cli/bin/crossbill.js", import.meta.url),
);

/** eBPF is part of the game wherever crossbill itself would choose it. */
export const recorders: readonly RecorderName[] =
  chooseRecorder({ forced: null }).recorder === "ebpf" ? ["ptrace", "ebpf"] : ["ptrace"];

/** A test of the eBPF recorder; skipped where crossbill itself would not choose it. */
export const ebpfTest: ReturnType<typeof test.runIf> = test.runIf(recorders.includes("ebpf"));

export interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  /** Bytes, one code unit each. */
  readonly stdout: string;
  readonly stderr: string;
}

export function crossbill(
  args: readonly string[],
  input = "",
  environment: Record<string, string> = {},
): Ended {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    input,
    encoding: "latin1",
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, ...environment },
  });
  return { status, signal, stdout, stderr };
}

/** A folder for the file's tests, which has the prices too; `path` is set while they run. */
export function useOwnFolder(): { path: string } {
  const folder = { path: "" };
  beforeAll(() => {
    folder.path = mkdtempSync(join(tmpdir(), "crossbill-run-"));
    process.env["XDG_CACHE_HOME"] = join(folder.path, "cache");
    const calibrated = crossbill(["calibrate", "--quick"]);
    if (calibrated.status !== 0) throw new Error(calibrated.stderr);
  });
  afterAll(() => rmSync(folder.path, { recursive: true }));
  return folder;
}
