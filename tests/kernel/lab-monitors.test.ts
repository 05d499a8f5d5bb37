/** The monitors of the lab, run for real: what they see, what they cost in switches, what they leave. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { processesWith, readProc } from "./family.ts";

const program = fileURLToPath(
  new URL("../../packages/native/build/crossbill-measure", import.meta.url),
);
/** Primes, so that no block or batch divides them. */
const CALLS = 97;
const EVENTS = 13;

interface Block {
  readonly events: number;
  readonly counts: Readonly<Record<string, number>>;
}

function run(...order: string[]): { status: number | null; stderr: string; blocks: Block[] } {
  const { status, stdout, stderr } = spawnSync(program, order, { encoding: "utf8" });
  const lines = stdout.trim().split("\n").slice(1, -1);
  return { status, stderr, blocks: lines.map((line): Block => JSON.parse(line)) };
}

const calls = (under: string, ...more: string[]) =>
  run(
    "monitored-calls",
    `under=${under}`,
    `calls=${CALLS}`,
    ...more,
    ...["--calls", `${EVENTS}`, "--block", "7"],
  );
const sum = (blocks: readonly Block[], name: string): number =>
  blocks.reduce((total, { counts }) => total + (counts[name] ?? Number.NaN), 0);

test.each(["preload", "dispatch", "notify", "ptrace-seccomp", "ptrace"])(
  "%s sees exactly the calls that are made",
  (under) => {
    const { status, blocks } = calls(under);
    expect(status).toBe(0);
    expect(sum(blocks, "calls")).toBe(CALLS * EVENTS);
    expect(sum(blocks, "seen")).toBe(CALLS * EVENTS);
  },
);

test.each([
  ["nothing", 0],
  ["seccomp-number", 0],
  ["ebpf-pair", 0],
  ["dispatch", 0],
  ["notify", 2],
  ["ptrace-seccomp", 2],
  ["ptrace", 4],
])("under %s a call takes %i context switches", (under, switches) => {
  const { status, blocks } = calls(under);
  expect(status).toBe(0);
  // Others on the same CPU add a few of their own.
  const perCall = sum(blocks, "switches") / (CALLS * EVENTS);
  expect(Math.abs(perCall - switches)).toBeLessThan(0.3);
});

test("the empty hooks run at every call, once or twice", () => {
  for (const [under, hooks] of [
    ["ebpf-one", 1],
    ["ebpf-pair", 2],
  ] as const) {
    const { status, blocks } = calls(under, "runs=1");
    expect(status).toBe(0);
    // The kernel counts the runs for all processes of the machine.
    expect(sum(blocks, "seen")).toBeGreaterThanOrEqual(hooks * CALLS * EVENTS);
  }
});

test("strace sees the same calls under nothing as are said to be made", () => {
  const folder = mkdtempSync(join(tmpdir(), "crossbill-monitors-"));
  try {
    const file = join(folder, "calls");
    const order = ["monitored-calls", `calls=${CALLS}`, "--calls", `${EVENTS}`];
    const strace = ["-o", file, "-e", "trace=getppid", program, ...order];
    expect(spawnSync("strace", strace).status).toBe(0);
    const seen = readFileSync(file, "utf8").match(/getppid\(\)/g) ?? [];
    expect(seen).toHaveLength(CALLS * EVENTS);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("all that watch a program see the same number of its calls, each run", () => {
  const seen = (under: string): number[] => {
    const order = ["monitored-program", `under=${under}`, "program=dd", "--calls", "3"];
    const { status, blocks } = run(...order);
    expect(status).toBe(0);
    return blocks.map(({ counts }) => counts["seen"] ?? Number.NaN);
  };
  const traced = seen("ptrace");
  // 2,000 reads and 2,000 writes, and what it takes to start and to end.
  expect(traced[0]).toBeGreaterThan(4000);
  expect(new Set(traced).size).toBe(1);
  expect(seen("notify")).toEqual(traced);
  expect(seen("ptrace-seccomp")).toEqual(traced);
  // From its start in the program itself, so without the loader's own calls.
  const dispatched = seen("dispatch")[0] ?? 0;
  expect(dispatched).toBeGreaterThan(4000);
  expect(dispatched).toBeLessThan(traced[0] ?? 0);
  expect(seen("preload")[0]).toBeGreaterThanOrEqual(4000);
});

test("what is not known is refused in one line", () => {
  const refusals = [
    ["monitored-calls", "under=telepathy"],
    ["monitored-calls", "cpus=three"],
    ["monitored-calls", "calls=1G"],
    ["monitored-calls", "turns=1G"],
    ["monitored-calls", "under=ptrace", "calls=-1"],
    ["monitored-program", "program=/bin/sh"],
    ["monitored-program", "under=ptrace", "unknown=1"],
  ];
  for (const order of refusals) {
    const { status, stderr } = run(...order, "--calls", "1");
    expect(status, order.join(" ")).toBe(1);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain("Invalid argument");
  }
});

/** Processes that are more than a line in the table, waiting to be buried by whoever inherited them. */
const alive = (word: string): number[] =>
  processesWith(word).filter((pid) => !/^State:\s+Z/m.test(readProc(`${pid}/status`)));

test.each(["notify", "ptrace-seccomp", "ptrace", "dispatch", "ebpf-pair"])(
  "%s leaves nothing behind when its process is killed",
  async (under) => {
    const mark = "turns=4999";
    const order = ["monitored-calls", `under=${under}`, mark, "--seconds", "30"];
    const child = spawn(program, order, { stdio: "ignore" });
    const gone = new Promise((resolve) => child.once("exit", resolve));
    await sleep(300);
    expect(alive(mark).length).toBeGreaterThan(0);
    child.kill("SIGKILL");
    await gone;
    for (let tries = 0; alive(mark).length > 0 && tries < 100; tries++) await sleep(20);
    expect(alive(mark)).toEqual([]);
  },
);

test("a program that is not there is a refusal, not a crash", () => {
  const order = ["monitored-program", "under=ptrace", "program=ls", "--calls", "1"];
  const { status, stderr } = spawnSync(program, order, {
    encoding: "utf8",
    env: { PATH: "/nowhere" },
  });
  expect(status).toBe(1);
  expect(stderr).toContain("ls: No such file or directory");
});
