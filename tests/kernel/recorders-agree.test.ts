/** What both recorders must see alike, beyond what each one's own tests look at. */
import { execFileSync, spawn } from "node:child_process";
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

/** The lines of calls that did not return; how long they waited is chance, that they did is not. */
function insideOf(facts: RecordedFacts): unknown[] {
  return facts.lines
    .filter(({ unfinished }) => unfinished !== undefined)
    .map(({ syscall, kind, count, unfinished, wait }) => ({
      call: `${syscall} ${kind}`,
      calls: [count, unfinished],
      hasWaited: wait.otherNs > 0,
    }));
}

/** Waiting that no line has. */
function unexplainedNs(facts: RecordedFacts): number {
  return facts.processes.reduce((sum, { unfinishedWait: wait }) => sum + wait.otherNs, 0);
}

const isInside = (pid: number | undefined, number: number) =>
  Number.parseInt(readProc(`${pid}/syscall`), 10) === number;

const READ = 0;
const RESTART = 219;
const CLOCK_NANOSLEEP = 230;

testBoth("what a program waits for when the recording ends is in a line", async (recorder) => {
  const fifo = join(makeFolder(), "fifo");
  execFileSync("mkfifo", [fifo]);
  const command = ["sh", "-c", `exec cat <> ${fifo}`];
  const running = new RecorderProcess(recorder, "run", ["--", ...command]);
  const pid = await running.started();
  await until(() => isInside(pid, READ) && readProc(`${pid}/comm`) === "cat\n", "cat reads");
  running.command("q");
  const facts = await running.facts();
  process.kill(pid, "SIGKILL");
  expect(insideOf(facts)).toEqual([{ call: "read fifo", calls: [0, 1], hasWaited: true }]);
  const target = facts.lines.find(({ unfinished }) => unfinished === 1)?.target;
  expect(facts.targets.find(({ id }) => id === target)?.name).toBe(fifo);
  expect(facts.unfinished).toEqual([{ syscall: "read", count: 1 }]);
  expect(unexplainedNs(facts)).toBe(0);
});

testBoth("what a program waited for when it was killed is in a line", async (recorder) => {
  const running = new RecorderProcess(recorder, "run", ["--", "sleep", "100"]);
  const pid = await running.started();
  await until(() => isInside(pid, CLOCK_NANOSLEEP), "it sleeps");
  process.kill(pid, "SIGKILL");
  const facts = await running.facts();
  expect(facts.exit.signal).toBe("SIGKILL");
  expect(insideOf(facts)).toEqual([
    { call: "clock_nanosleep none", calls: [0, 1], hasWaited: true },
  ]);
  expect(unexplainedNs(facts)).toBe(0);
});

testBoth(
  "what a program waited for already when it was attached to is in a line",
  async (recorder) => {
    const program = spawn("sleep", ["100"], { stdio: "ignore" });
    await until(() => isInside(program.pid, CLOCK_NANOSLEEP), "it sleeps");
    const running = new RecorderProcess(recorder, "attach", ["--pid", `${program.pid}`]);
    await running.started();
    const goesOnAs = recorder === "ptrace" ? RESTART : CLOCK_NANOSLEEP;
    await until(() => isInside(program.pid, goesOnAs), "it sleeps on");
    running.command("q");
    const facts = await running.facts();
    program.kill();
    expect(insideOf(facts)).toEqual([
      { call: "clock_nanosleep none", calls: [0, 1], hasWaited: true },
    ]);
    expect(unexplainedNs(facts)).toBe(0);
  },
);
