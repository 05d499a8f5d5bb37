/** The guest and the page traps of the lab, run for real: every call and every exit is accounted for. */
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
/** In one line: which state KVM is in, as bare-guest.c names them. */
const STATE =
  /^crossbill-measure: guest-call: (missing|no-permission|unusable|no-long-mode-guest) /;

interface Block {
  readonly counts: Readonly<Record<string, number>>;
}
interface Ran {
  readonly status: number | null;
  readonly stderr: string;
  readonly blocks: readonly Block[];
}

function ran(command: string, order: readonly string[]): Ran {
  const { status, stdout, stderr } = spawnSync(command, order, { encoding: "utf8" });
  const lines = stdout.trim().split("\n").slice(1, -1);
  return { status, stderr, blocks: lines.map((line): Block => JSON.parse(line)) };
}

function calls(mechanism: string, monitored: 0 | 1): Ran {
  const parameters = [`monitored=${monitored}`, `calls=${CALLS}`];
  return ran(program, [mechanism, ...parameters, "--calls", `${EVENTS}`, "--block", "7"]);
}
const sum = (blocks: readonly Block[], name: string): number =>
  blocks.reduce((total, { counts }) => total + (counts[name] ?? Number.NaN), 0);

/** Lines of strace's output that match, for one order. */
function straced(options: readonly string[], match: RegExp, order: readonly string[]): number {
  const folder = mkdtempSync(join(tmpdir(), "crossbill-vmexit-"));
  try {
    const file = join(folder, "lines");
    expect(spawnSync("strace", ["-o", file, ...options, program, ...order]).status).toBe(0);
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => match.test(line)).length;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const trial = ran(program, ["guest-call", "--calls", "1"]);
const hasGuest = trial.status === 0;

test("there is a guest, or one of four words says why there is none", () => {
  if (hasGuest) expect(trial.blocks).toHaveLength(1);
  else expect(trial.stderr).toMatch(STATE);
});

test.skipIf(!hasGuest)("a guest that nobody watches makes its calls by itself", () => {
  const { status, blocks } = calls("guest-call", 0);
  expect(status).toBe(0);
  expect(sum(blocks, "calls")).toBe(CALLS * EVENTS);
  expect(sum(blocks, "recorded")).toBe(0);
});

test.skipIf(!hasGuest)("the monitor records each call of its guest", () => {
  const { status, blocks } = calls("guest-call", 1);
  expect(status).toBe(0);
  expect(sum(blocks, "recorded")).toBe(CALLS * EVENTS);
});

/** Exits of the least disturbed of several entries: an interrupt of the guest is an exit too. */
function fewestExits(monitored: 0 | 1): number {
  const parameters = [`monitored=${monitored}`, `calls=${CALLS}`];
  const { blocks } = ran(program, ["guest-call", ...parameters, "--calls", "41", "--block", "1"]);
  return Math.min(...blocks.map(({ counts }) => counts["exits"] ?? Number.NaN));
}

test.skipIf(!hasGuest)("watching adds one exit to each call, as the kernel counts them", () => {
  const plain = fewestExits(0);
  // One exit of each entry is its end. A guest without hardware help has one for each call besides.
  expect([1, 1 + CALLS]).toContain(plain);
  expect(fewestExits(1)).toBe(plain + CALLS);
});

test.skipIf(!hasGuest)(
  "strace sees the guest entered once for each call, and once to begin",
  () => {
    const entries = (events: number): number =>
      straced(["-e", "trace=ioctl"], /KVM_RUN.*EFAULT/, [
        ...["guest-call", "monitored=1", `calls=${CALLS}`, "--calls", `${events}`],
      ]);
    // The difference leaves out the guest's trials.
    expect(entries(5) - entries(2)).toBe(3 * (CALLS + 1));
  },
);

test.each([0, 1] as const)("a process's calls are all made, and recorded if watched: %i", (on) => {
  const { status, blocks } = calls("page-trap", on);
  expect(status).toBe(0);
  expect(sum(blocks, "calls")).toBe(CALLS * EVENTS);
  expect(sum(blocks, "recorded")).toBe(on * CALLS * EVENTS);
});

test("strace sees a SIGSEGV for each call of a watched process, and none otherwise", () => {
  const signals = (on: number): number =>
    straced(["-e", "trace=none", "-e", "signal=SIGSEGV"], /^--- SIGSEGV/, [
      ...["page-trap", `monitored=${on}`, `calls=${CALLS}`, "--calls", `${EVENTS}`],
    ]);
  expect(signals(1)).toBe(CALLS * EVENTS);
  expect(signals(0)).toBe(0);
});

test("each state of KVM is told from the others", () => {
  const order = [program, "guest-call", "--calls", "1"].join(" ");
  const hidden = ran("unshare", ["-m", "sh", "-c", `mount -t tmpfs none /dev && exec ${order}`]);
  expect(hidden.status).toBe(1);
  expect(hidden.stderr).toContain("missing (/dev/kvm)");
  const replaced = "touch /dev/kvm && mount --bind /proc/self/mem /dev/kvm";
  const other = ran("unshare", [
    "-m",
    "sh",
    "-c",
    `mount -t tmpfs none /dev && ${replaced} && exec ${order}`,
  ]);
  expect(other.status).toBe(1);
  expect(other.stderr).toMatch(/unusable \(/);
});

test("what is not known is refused in one line", () => {
  const refusals = [
    ["guest-call", "calls=0"],
    ["guest-call", "calls=1G"],
    ["guest-call", "monitored=2"],
    ["page-trap", "calls=0"],
    ["page-trap", "monitored=yes"],
    ["cpuid", "leaf=1"],
  ];
  for (const order of refusals) {
    const { status, stderr } = ran(program, [...order, "--calls", "1"]);
    expect(status, order.join(" ")).toBe(1);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain("Invalid argument");
  }
});

test.skipIf(!hasGuest)("a killed measurement leaves no process behind", async () => {
  const mark = "calls=4999";
  const order = ["guest-call", "monitored=1", mark, "--seconds", "30"];
  const child = spawn(program, order, { stdio: "ignore" });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  await sleep(200);
  child.kill("SIGKILL");
  await gone;
  const left = processesWith(mark).filter((pid) => !/^State:\s+Z/m.test(readProc(`${pid}/status`)));
  expect(left).toEqual([]);
});
