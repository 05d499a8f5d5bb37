/** The ptrace recorder, run for real: its counts against strace's, and what becomes of the target. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RecordedFacts } from "@crossbill/recorder";
import { afterAll, expect, test } from "vitest";
import { readProc, until, untilThreads } from "./family.ts";
import {
  buildProgram,
  countCalls,
  makeFolder,
  type RecorderOptions,
  RecorderProcess,
  recordWith,
  removeFolders,
  straceCalls,
} from "./recorder-process.ts";

const crossings = buildProgram("crossings");
afterAll(removeFolders);

function record(command: readonly string[], options: RecorderOptions = {}): Promise<RecordedFacts> {
  return recordWith("ptrace", command, options);
}

function callsOf(facts: RecordedFacts, name: string): number {
  return countCalls(facts)[name]?.calls ?? 0;
}

function processState(pid: number): string {
  return /^State:\s+(\S)/m.exec(readProc(`${pid}/status`))?.[1] ?? "?";
}

/** Waits until this is all the target has written. */
function untilOutput(running: RecorderProcess, text: string): Promise<void> {
  return until(() => running.output === text, `the target has written ${JSON.stringify(text)}`);
}

test.each([
  ["dd", ["dd", "if=/dev/zero", "of=dd.out", "bs=4096", "count=97"]],
  ["cat", ["cat", "/etc/passwd"]],
  ["tar", ["tar", "cf", "/dev/null", "/etc/default"]],
  ["find", ["find", "/etc", "-maxdepth", "2", "-name", "x"]],
  ["ls -R", ["ls", "-lR", "/etc/default"]],
  // Without -save-temps its temporary names are random, and so is how many draws they take.
  ["gcc", ["gcc", "-save-temps", "-c", "-o", "a.o", "a.c"]],
  [
    "a loop that forks 23 times",
    ["sh", "-c", "i=0; while [ $i -lt 23 ]; do /bin/true; i=$((i+1)); done"],
  ],
])("%s makes the calls and errors that strace -f -c counts", async (_name, command) => {
  const cwd = makeFolder();
  writeFileSync(join(cwd, "a.c"), "int main(void) { return 0; }\n");
  // What the first run leaves behind changes the second.
  await record(command, { cwd });
  const facts = await record(command, { cwd });
  expect(countCalls(facts)).toEqual(straceCalls(command, cwd));
  expect(facts.exit).toEqual({ code: 0, signal: null });
  expect(facts.audit).toMatchObject({ unitemised: 0, lost: 0, unnamed: 0, stillRunning: 0 });
});

test("thirteen threads of 211 calls are 2,743 calls and fourteen threads", async () => {
  const facts = await record([crossings, "threads", "211", "13"]);
  expect(callsOf(facts, "getpid")).toBe(2743);
  expect(facts.processes.map((process) => process.threads)).toEqual([14]);
  // Each thread ends in exit, the last one in exit_group.
  expect(facts.audit.exits).toBe(14);
});

test("the execve that starts the program is counted, and the exit_group is unfinished", async () => {
  const facts = await record([crossings, "calls", "23"]);
  expect(callsOf(facts, "getpid")).toBe(23);
  expect(callsOf(facts, "execve")).toBe(1);
  expect(facts.unfinished).toEqual([{ syscall: "exit_group", count: 1 }]);
  expect(facts.audit).toMatchObject({ exits: 1, inFlight: 1, left: facts.audit.entered - 1 });
});

test("an execve by a thread that is not the leader keeps both programs' counts", async () => {
  const facts = await record([crossings, "exec", "29"]);
  const own = facts.processes.map(
    (process) =>
      facts.lines.find((line) => line.process === process.id && line.syscall === "getpid")?.count,
  );
  expect(own).toEqual([29, 31]);
  expect(facts.exit).toEqual({ code: 0, signal: null });
});

test("bytes, sizes, positions and sequence of a copy are exact", async () => {
  const cwd = makeFolder();
  const facts = await record(["dd", "if=/dev/zero", "of=out", "bs=4096", "count=23"], { cwd });
  const target = facts.targets.find((one) => one.name === join(cwd, "out"));
  expect(target).toMatchObject({ kind: "file", deleted: false });
  const write = facts.lines.find((line) => line.syscall === "write" && line.target === target?.id);
  expect(write).toMatchObject({
    count: 23,
    bytes: 23 * 4096,
    requestedBytes: 23 * 4096,
    sizes: [{ atMost: 4096, count: 23 }],
    positioned: 23,
    sequential: 23,
  });
  const latencies = write?.latency.reduce((sum, cell) => sum + cell.count, 0);
  expect(latencies).toBe(23);
});

test.each([
  ["a program", ["find", "/etc/default"]],
  ["threads", [crossings, "threads", "53", "7"]],
  ["processes", ["sh", "-c", "for i in 1 2 3 4 5; do /bin/true; done"]],
])(
  "page faults and switches of %s are those of the kernel's own accounting",
  async (_what, command) => {
    const facts = await record(command);
    const total = (key: "minorFaults" | "majorFaults" | "voluntarySwitches"): number =>
      facts.processes.reduce((sum, process) => sum + process[key], 0);
    expect(facts.rusage).toMatchObject({
      minorFaults: total("minorFaults"),
      majorFaults: total("majorFaults"),
    });
    // A thread may be reaped (the recorder, its tracer, does that) while it still stands before
    // its last switch: the kernel has then added up its figures without that one.
    const reaped = facts.processes.reduce((sum, process) => sum + process.threads, 0);
    const switches = facts.rusage?.voluntarySwitches ?? -1;
    expect(switches).toBeLessThanOrEqual(total("voluntarySwitches"));
    expect(switches).toBeGreaterThanOrEqual(total("voluntarySwitches") - reaped);
  },
);

test("a name with escapes, a newline and invalid UTF-8 keeps every byte", async () => {
  const cwd = makeFolder();
  const script = 'printf x > "$(printf \'a\\033[31m\\nb\\377"\')"';
  const facts = await record(["sh", "-c", script], { cwd });
  const names = facts.targets.map((target) => target.name);
  expect(names).toContain(`${cwd}/a\u001b[31m\nb\udcff"`);
});

test("three hundred short processes share entries, and the totals stay exact", async () => {
  const script = "i=0; while [ $i -lt 307 ]; do /bin/true; i=$((i+1)); done";
  const facts = await record(["sh", "-c", script]);
  expect(callsOf(facts, "execve")).toBe(308);
  expect(facts.audit.exits).toBe(308);
  expect(facts.processes.length).toBeLessThan(300);
  // Each child is a shell first and then the program it runs.
  const instances = facts.processes.reduce((sum, process) => sum + process.instances, 0);
  expect(instances).toBe(2 * 307 + 1);
});

test.each([
  ["is not found", "no-such-command", 2],
  ["is not executable", "/etc/passwd", 13],
  ["is a folder", "/etc", 13],
])("a command that %s fails with its errno", async (_why, command, errno) => {
  const end = await new RecorderProcess("ptrace", "run", ["--", command]).end();
  expect(end).toMatchObject({ kind: "failed", failure: { stage: "exec", errno } });
});

test.each([
  ["exit 41", { code: 41, signal: null }],
  ["kill -TERM $$", { code: null, signal: "SIGTERM" }],
  ["kill -KILL $$", { code: null, signal: "SIGKILL" }],
])("the end of `%s` is reported as it was", async (script, exit) => {
  expect((await record(["sh", "-c", script])).exit).toEqual(exit);
});

test("the target finds the descriptors it would have without a recorder", async () => {
  const command = ["ls", "/proc/self/fd"] as const;
  const running = new RecorderProcess("ptrace", "run", ["--", ...command]);
  await running.end();
  const alone = execFileSync(command[0], command.slice(1), { encoding: "utf8" });
  expect(await running.outputAtEnd()).toBe(alone);
});

test.skipIf(process.getuid?.() !== 0)("root behind sudo runs the target as the user", async () => {
  const environment = { SUDO_UID: "65534", SUDO_GID: "65534", USER: "root" };
  const running = new RecorderProcess(
    "ptrace",
    "run",
    ["--", "sh", "-c", "id -u; id -G; echo $USER$SUDO_UID"],
    {
      environment,
    },
  );
  await running.end();
  expect(await running.outputAtEnd()).toBe("65534\n65534\nnobody\n");
});

test("a recorder killed at any moment leaves the target unharmed", async () => {
  const seed = Date.now() % 1_000_000;
  let state = seed;
  for (let round = 0; round < 23; round += 1) {
    const running = new RecorderProcess("ptrace", "run", ["--", crossings, "busy", "3001"]);
    await running.started();
    state = (state * 1103515245 + 12345) % 2147483648;
    await sleep(state % 41);
    running.child.kill("SIGKILL");
    expect(await running.outputAtEnd(), `seed ${seed}, round ${round}`).toBe("unharmed\n");
  }
});

test("a recorder whose parent has gone ends, and the target runs on", async () => {
  const running = new RecorderProcess("ptrace", "run", ["--", crossings, "busy", "3001"]);
  await running.started();
  running.abandon();
  expect((await running.end()).kind).toBe("cut");
  expect(await running.outputAtEnd()).toBe("unharmed\n");
});

test("told to quit, it prints what it has, and the target runs on", async () => {
  const running = new RecorderProcess("ptrace", "run", ["--", crossings, "busy", "30011"]);
  await running.started();
  running.command("q");
  const facts = await running.facts();
  expect(facts.exit).toEqual({ code: null, signal: null });
  expect(facts.audit.stillRunning).toBe(1);
  expect(await running.outputAtEnd()).toBe("unharmed\n");
});

test("processes that outlive the target are let go and counted", async () => {
  const facts = await record(["sh", "-c", "sleep 0.3 & sleep 0.3 & exit 3"]);
  expect(facts.exit.code).toBe(3);
  expect(facts.audit.stillRunning).toBe(2);
});

const countInterrupts =
  "n=0; trap 'n=$((n+1)); echo got $n' INT; trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done";

test("a forwarded signal reaches the target once", async () => {
  const running = new RecorderProcess("ptrace", "run", ["--", "sh", "-c", countInterrupts]);
  await untilOutput(running, "ready\n");
  running.command("s", 2);
  await untilOutput(running, "ready\ngot 1\n");
  running.command("s", 15);
  expect((await running.facts()).exit.code).toBe(7);
  expect(running.output).toBe("ready\ngot 1\n");
});

test("a signal the recorder had itself is not sent again", async () => {
  const running = new RecorderProcess("ptrace", "run", ["--", "sh", "-c", countInterrupts]);
  await untilOutput(running, "ready\n");
  running.child.kill("SIGINT");
  running.command("s", 2, "s", 15);
  expect((await running.facts()).exit.code).toBe(7);
  expect(running.output).toBe("ready\n");
});

test("a stopped target stays stopped until it is continued", async () => {
  const running = new RecorderProcess("ptrace", "run", [
    "--",
    "sh",
    "-c",
    "echo ready; sleep 0.2; echo done",
  ]);
  const pid = await running.started();
  await untilOutput(running, "ready\n");
  process.kill(pid, "SIGSTOP");
  await until(() => "tT".includes(processState(pid)), "the target has stopped");
  await sleep(400);
  expect(running.output).toBe("ready\n");
  process.kill(pid, "SIGCONT");
  expect((await running.facts()).exit.code).toBe(0);
  expect(running.output).toBe("ready\ndone\n");
});

test("attached to a process with threads it sees all of them and lets go at the end", async () => {
  const target = spawn(crossings, ["threads", "2000003", "5"], { stdio: "ignore" });
  const ended = once(target, "exit");
  const pid = target.pid ?? 0;
  await untilThreads(pid, 6);
  const running = new RecorderProcess("ptrace", "attach", ["--pid", String(pid)]);
  const gone = once(running.child, "exit");
  expect(await running.started()).toBe(pid);
  await sleep(50);
  running.command("q");
  const facts = await running.facts();
  expect(facts.processes.map((process) => process.threads)).toEqual([6]);
  expect(callsOf(facts, "getpid")).toBeGreaterThan(0);
  expect(facts.audit.stillRunning).toBe(1);
  expect(facts.rusage).toBeNull();
  await gone;
  expect(readProc(`${pid}/status`)).toMatch(/^TracerPid:\t0$/m);
  target.kill();
  await ended;
});

test("a process that is not there cannot be attached to", async () => {
  const end = await new RecorderProcess("ptrace", "attach", ["--pid", "4194303"]).end();
  expect(end).toMatchObject({ kind: "failed", failure: { stage: "attach", errno: 3 } });
});
