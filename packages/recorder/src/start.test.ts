import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RecorderError, TargetError } from "@crossbill/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { failureError, startRecording } from "./start.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "crossbill-start-"));
  vi.stubEnv("CROSSBILL_RECORDER_PATH", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Starts a "recorder" that is this shell script. */
function start(script: string, ...words: string[]) {
  writeFileSync(join(folder, "crossbill-ptrace"), script, { mode: 0o755 });
  const subject = { command: ["program", ...words] as const };
  return startRecording({ recorder: "ptrace", timing: "exact", subject });
}

test("a command line longer than the kernel takes is the program's failure, as in a shell", () => {
  // MAX_ARG_STRLEN of execve(2) is 32 pages.
  expect(() => start("#!/bin/sh\n", "x".repeat(32 * 65_536))).toThrow(TargetError);
  expect(() => start("#!/bin/sh\n", "x".repeat(32 * 65_536))).toThrow(/E2BIG/);
});

test("a recorder that cannot be executed, or ends without a word, says how", async () => {
  const unstarted = start("#!/nonexistent\n");
  expect(unstarted.recorderPid).toBeUndefined();
  expect(await unstarted.started).toBeNull();
  await expect(unstarted.result).rejects.toThrow(/could not be started \(.*ENOENT/);
  const ended = start("#!/bin/sh\nexit 7\n");
  expect(await ended.started).toBeNull();
  await expect(ended.result).rejects.toThrow(/ended with status 7 before/);
});

test("a stream that breaks its contract is refused, and its writer does not stay", async () => {
  const running = start("#!/bin/sh\necho nonsense >&3\nexec sleep 600\n");
  await expect(running.result).rejects.toThrow(RecorderError);
  expect(() => process.kill(running.recorderPid ?? 0, 0)).toThrow(/ESRCH/);
});

test("what a recorder reports becomes an error a user can act on", () => {
  const command = { command: ["nope"] as const };
  const failure = { stage: "exec", errno: 2, what: "execve" } as const;
  expect(failureError(failure, command)).toMatchObject({ exitStatus: 127 });
  const refused = { stage: "attach", errno: 1, what: "bpf" } as const;
  expect(failureError(refused, command)).toMatchObject({ code: "CB_ERR_PERMISSION" });
  const gone = { stage: "attach", errno: 3, what: "no such process" } as const;
  const absent = 4_194_304; // One above the largest there can be.
  expect(failureError(gone, { pids: [process.pid, absent] }).message).toBe(
    `there is no such process: ${absent}`,
  );
});
