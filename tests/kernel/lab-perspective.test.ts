/** Warm, cold and throttled reads for real: calls, device bytes, and nothing left; never times. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { measure, type Parameters } from "@crossbill/native";
import { afterAll, expect, test } from "vitest";

const program = fileURLToPath(
  new URL("../../packages/native/build/crossbill-measure", import.meta.url),
);
/** On a disk, where /tmp often is none. */
const folder = mkdtempSync(join(process.env["TMPDIR"] ?? "/var/tmp", "crossbill-perspective-"));
afterAll(() => rmSync(folder, { recursive: true }));

const PAGE = 4096;

/** The counts of one call that reads `pieces` pages. */
async function counts(mechanism: string, state: string, parameters: Parameters) {
  const all = { folder, bytes: PAGE, state, ...parameters };
  const { blocks } = await measure({ mechanism, parameters: all, calls: 1, blockCalls: 1 });
  const [block] = blocks;
  return { events: block?.events, ...block?.counts };
}

const pread = (state: string, announced: string) =>
  counts("perspective-pread", state, { pieces: 23, announced });
const uring = (state: string, batch: number, depth: number, pieces = 60) =>
  counts("perspective-uring", state, { pieces, batch, depth });

/** Where the kernel's block controller takes limits: of its own (version 1) or unified (version 2). */
function blockController(): { root: string; file: string; limit: RegExp } | null {
  const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
  for (const [, path = "", type, options = ""] of mounts.map((line) => line.split(" "))) {
    if (type === "cgroup" && options.split(",").includes("blkio"))
      return { root: path, file: "blkio.throttle.read_iops_device", limit: /^\d+:\d+ 120$/m };
    if (type !== "cgroup2") continue;
    if (/\bio\b/.test(readFileSync(join(path, "cgroup.controllers"), "utf8")))
      return { root: path, file: "io.max", limit: /^\d+:\d+ .*riops=120 /m };
  }
  return null;
}

/** Cgroups of ours, at whatever depth. */
function ours(): string[] {
  const found = execFileSync("find", ["/sys/fs/cgroup", "-type", "d", "-name", "crossbill-lab-*"]);
  return found.toString().split("\n").filter(Boolean);
}

test("resident pages cost calls and no device reads, cold ones a device read each", async () => {
  const calls = { systemCalls: 23 };
  expect(await pread("warm", "no")).toEqual({ events: 23, ...calls, deviceBytes: 0 });
  expect(await pread("cold", "no")).toEqual({ events: 23, ...calls, deviceBytes: 23 * PAGE });
  expect(await pread("cold", "yes")).toEqual({
    ...{ events: 23, systemCalls: 46 },
    deviceBytes: 23 * PAGE,
  });
});

test("crossings and reads under way are told apart", async () => {
  const cold = { events: 60, deviceBytes: 60 * PAGE };
  expect(await uring("cold", 1, 1)).toEqual({ ...cold, systemCalls: 60 });
  expect(await uring("cold", 60, 1)).toEqual({ ...cold, systemCalls: 1 });
  expect(await uring("cold", 60, 60)).toEqual({ ...cold, systemCalls: 1 });
  expect(await uring("cold", 12, 1)).toEqual({ ...cold, systemCalls: 5 });
  expect(await uring("cold", 60, 12)).toEqual({ ...cold, systemCalls: 1 });
  // A last call waits for what is under way, unless all was quick.
  const { systemCalls, ...rest } = { systemCalls: 0, ...(await uring("cold", 1, 60)) };
  expect(rest).toEqual(cold);
  expect([60, 61]).toContain(systemCalls);
});

test("strace sees a chain of linked requests go in by one call", () => {
  const order = ["perspective-uring", `folder=${folder}`, "bytes=4K", "pieces=47", "batch=47"];
  const { stderr } = spawnSync(
    "strace",
    ["-f", "-e", "trace=io_uring_enter", program, ...order, "state=warm", "--calls", "1"],
    { encoding: "utf8" },
  );
  expect(stderr.match(/io_uring_enter\(\d+, 47, 47, IORING_ENTER_GETEVENTS/g)).toHaveLength(1);
});

test("parameters that do not fit are refused", () => {
  const bad = (...given: string[]) =>
    spawnSync(program, [...given, "--calls", "1"], { encoding: "utf8" });
  const base = ["bytes=4K", `folder=${folder}`];
  expect(bad("perspective-pread", "bytes=4K", "folder=here").status).toBe(1);
  expect(bad("perspective-pread", "bytes=64", `folder=${folder}`).status).toBe(1);
  expect(bad("perspective-pread", ...base, "state=frozen").status).toBe(1);
  expect(bad("perspective-pread", ...base, "reads=0").status).toBe(1);
  expect(bad("perspective-uring", ...base, "pieces=60", "batch=7").status).toBe(1);
  expect(bad("perspective-uring", ...base, "pieces=60", "batch=12", "depth=60").status).toBe(1);
  expect(bad("perspective-uring", ...base, "pieces=60", "depth=61").status).toBe(1);
  expect(bad("perspective-uring", ...base, "pieces=2000").status).toBe(1);
});

test("a file system in memory has no cold pages, and says so", () => {
  const memory = mkdtempSync("/dev/shm/crossbill-perspective-");
  try {
    const order = ["perspective-pread", `folder=${memory}`, "bytes=4K"];
    const run = (state: string) =>
      spawnSync(program, [...order, `state=${state}`, "--calls", "1"], { encoding: "utf8" });
    expect(run("cold").stderr).toMatch(/this file system keeps its pages in memory/);
    expect(run("throttled").stderr).toMatch(/a throttled disk \(.*\)/);
    expect(run("warm").status).toBe(0);
  } finally {
    rmSync(memory, { recursive: true });
  }
});

test("without the right to make a cgroup there is no throttled disk, and it is said", () => {
  const order = ["perspective-pread", `folder=${folder}`, "bytes=4K", "state=throttled"];
  const strace = ["-f", "-o", "/dev/null", "-e", "inject=mkdir:error=EACCES", program, ...order];
  const { status, stderr } = spawnSync("strace", strace, { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toMatch(/a throttled disk \(.*\): Permission denied|no block controller/);
});

const controller = blockController();
const { root, file, limit } = controller ?? { root: "", file: "", limit: /^$/ };

function throttledRun(calls: number): ChildProcess {
  const order = ["perspective-pread", `folder=${folder}`, "bytes=4K", "pieces=60"];
  const more = ["state=throttled", "--calls", `${calls}`, "--block", "1"];
  return spawn(program, [...order, ...more], { stdio: ["ignore", "pipe", "pipe"] });
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !holds(); tries++) await setTimeout(10);
  expect(holds()).toBe(true);
}

test.skipIf(controller === null)(
  "a throttled run is limited in a cgroup of its own and leaves none",
  async () => {
    const child = throttledRun(1);
    const mine = () => ours().filter((path) => path.endsWith(`-${child.pid}`));
    const ended = once(child, "exit");
    await until(() => mine().length === 1);
    const [path = ""] = mine();
    await until(() => readFileSync(join(path, "cgroup.procs"), "utf8").trim() === `${child.pid}`);
    expect(readFileSync(join(path, file), "utf8")).toMatch(limit);
    expect((await ended)[0]).toBe(0);
    expect(mine()).toEqual([]);
  },
);

test.skipIf(controller === null)(
  "a throttled run that is killed leaves no cgroup either",
  async () => {
    const child = throttledRun(50);
    const mine = () => ours().filter((path) => path.endsWith(`-${child.pid}`));
    await until(() => mine().length === 1);
    child.kill("SIGKILL");
    await once(child, "exit");
    await until(() => mine().length === 0);
  },
);

test.skipIf(controller === null)("what a dead run has left is removed by the next", async () => {
  // Above the largest process number that Linux gives.
  const left = join(root, "crossbill-lab-4194305");
  mkdirSync(left);
  try {
    expect(await counts("perspective-pread", "throttled", { pieces: 1 })).toMatchObject({
      deviceBytes: PAGE,
    });
    expect(readdirSync(root)).not.toContain("crossbill-lab-4194305");
  } finally {
    if (ours().includes(left)) rmdirSync(left);
  }
});
