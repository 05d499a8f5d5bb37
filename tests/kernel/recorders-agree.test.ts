/** What both recorders must see alike, beyond what each one's own tests look at. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RecordedFacts, RecorderName } from "@crossbill/recorder";
import { afterAll, expect, test } from "vitest";
import { ebpfTest } from "./command-line.ts";
import { readProc, until } from "./family.ts";
import {
  buildProgram,
  countCalls,
  makeFolder,
  RecorderProcess,
  recordWith,
  removeFolders,
} from "./recorder-process.ts";

const leaderless = buildProgram("leaderless");
afterAll(removeFolders);

/** The same test with each recorder. */
function testBoth(name: string, body: (recorder: RecorderName) => Promise<void>): void {
  ebpfTest(`ebpf: ${name}`, () => body("ebpf"));
  test(`ptrace: ${name}`, () => body("ptrace"));
}

function linesOf(facts: RecordedFacts, syscall: string, kind: string): RecordedFacts["lines"] {
  return facts.lines.filter((line) => line.syscall === syscall && line.kind === kind);
}

testBoth("a process whose first thread has ended can be attached to", async (recorder) => {
  const program = spawn(leaderless, ["23"], { stdio: ["pipe", "ignore", "inherit"] });
  const ended = once(program, "exit");
  const leader = `${program.pid}/task/${program.pid}/status`;
  await until(() => /^State:\tZ/m.test(readProc(leader)), "the first thread has ended");
  const running = new RecorderProcess(recorder, "attach", ["--pid", `${program.pid}`]);
  await running.started();
  program.stdin.end("x");
  const facts = await running.facts();
  expect(await ended).toEqual([3, null]);
  expect(countCalls(facts)).toMatchObject({ getppid: { calls: 23, errors: 0 } });
  expect(facts.processes).toMatchObject([{ exe: leaderless, threads: 1 }]);
});

testBoth("calls at the file's own position are in no sequence of offsets", async (recorder) => {
  const file = join(makeFolder(), "bytes");
  writeFileSync(file, "x".repeat(23));
  const read = "import os, sys; f = os.open(sys.argv[1], 0)\nfor _ in range(23): assert ";
  const one = "os.preadv(f, [bytearray(1)], -1) == 1";
  const facts = await recordWith(recorder, ["python3", "-c", read + one, file]);
  expect(facts.exit.code).toBe(0);
  expect(linesOf(facts, "preadv2", "file")).toMatchObject([
    { count: 23, bytes: 23, positioned: 0, sequential: 0 },
  ]);
});

testBoth("a memory file has positions", async (recorder) => {
  const write = "import os; f = os.memfd_create('m')\nfor _ in range(23): os.write(f, b'x')";
  const facts = await recordWith(recorder, ["python3", "-c", write]);
  expect(facts.exit.code).toBe(0);
  expect(linesOf(facts, "write", "memfd")).toMatchObject([
    { count: 23, positioned: 23, sequential: 23 },
  ]);
});
