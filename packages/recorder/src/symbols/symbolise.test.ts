import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RecordedFrame } from "@crossbill/core";
import { afterAll, expect, test } from "vitest";
import { symbolise } from "./symbolise.ts";
import type { SampledRecording } from "./wanted-frames.ts";

const folder = mkdtempSync(join(tmpdir(), "crossbill-symbols-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A recording of one process with one stack. */
function recordingOf(
  exe: string,
  frames: RecordedFrame[],
  startedAt = new Date(),
): SampledRecording {
  return {
    command: ["x"],
    startedAt: startedAt.toISOString(),
    processes: [{ id: 1, pid: 2 ** 22 + 1, exe }],
    targets: [],
    lines: [],
    stacks: [{ process: 1, syscall: null, samples: 3, frames }],
  };
}

/** The module that the first frame is said to be in; null when it has no symbol. */
async function moduleOf(recording: SampledRecording): Promise<string | null> {
  const { stacks } = await symbolise(recording, AbortSignal.timeout(20_000));
  return stacks[0]?.frames[0]?.symbol?.module ?? null;
}

function copyOfProgram(name: string): string {
  const path = join(folder, name);
  copyFileSync("/bin/true", path);
  return path;
}

const aMinuteAhead = () => new Date(Date.now() + 60_000);

test("a program known by its inode is believed when it has not changed since", async () => {
  const path = copyOfProgram("kept");
  const { ino } = statSync(path);
  const frames = [{ buildId: null, offset: "2000", inode: ino }];
  expect(await moduleOf(recordingOf(path, frames, aMinuteAhead()))).toBe(path);
  expect(await moduleOf(recordingOf(path, frames, new Date(0)))).toBeNull();
  const other = [{ buildId: null, offset: "2000", inode: ino + 1 }];
  expect(await moduleOf(recordingOf(path, other, aMinuteAhead()))).toBeNull();
});

test("a program known by its build id is believed when the file has that one", async () => {
  const path = copyOfProgram("built");
  const notes = execFileSync("readelf", ["-nW", path], { encoding: "utf8" });
  const buildId = /Build ID: ([0-9a-f]+)/.exec(notes)?.[1] ?? "";
  expect(await moduleOf(recordingOf(path, [{ buildId, offset: "2000" }]))).toBe(path);
  const other = "00".repeat(20);
  expect(await moduleOf(recordingOf(path, [{ buildId: other, offset: "2000" }]))).toBeNull();
});

test("names that lead to no plain file are left alone, and nothing waits for them", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const frames = [{ buildId: "00".repeat(20), offset: "2000" }];
  for (const path of [pipe, "/dev/tty", folder, "/nowhere", "relative", "", "/a\0b"]) {
    expect(await moduleOf(recordingOf(path, frames))).toBeNull();
  }
});

test("offsets that are none, and a time that is over, leave the recording as it was", async () => {
  const path = copyOfProgram("whole");
  const { ino } = statSync(path);
  for (const offset of ["", "zz", "-1", "0", "ffffaa4a62ba8000", "f".repeat(40)]) {
    const recording = recordingOf(path, [{ buildId: null, offset, inode: ino }], aMinuteAhead());
    expect(await symbolise(recording, AbortSignal.timeout(20_000))).toEqual(recording);
  }
  const recording = recordingOf(
    path,
    [{ buildId: null, offset: "2000", inode: ino }],
    aMinuteAhead(),
  );
  expect(await symbolise(recording, AbortSignal.abort())).toEqual(recording);
});
