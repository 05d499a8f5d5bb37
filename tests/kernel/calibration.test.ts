/** The measuring program and the calibration, run for real: counts and orders, never times. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pricesSchema } from "@crossbill/core";
import {
  calibrate,
  calibrationWarningText,
  identifyMachine,
  loadPrices,
  type Progress,
  pricesStillMatch,
  savePrices,
} from "@crossbill/lab";
import { expect, test } from "vitest";
import { cli, expectEnd, runToEnd } from "./command-line.ts";

const run = promisify(execFile);
const program = fileURLToPath(
  new URL("../../packages/native/build/crossbill-measure", import.meta.url),
);

interface Line {
  readonly calls: number;
  readonly events: number;
  readonly ns: number;
}

async function blocks(...order: string[]): Promise<Line[]> {
  const { stdout } = await run(program, order);
  const lines: unknown[] = stdout
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  expect(lines.at(-1)).toEqual({ blocks: lines.length - 2 });
  return lines.slice(1, -1).map((line) => {
    expect(line).toMatchObject({
      calls: expect.any(Number),
      events: expect.any(Number),
      ns: expect.any(Number),
    });
    const { calls, events, ns } = Object(line);
    return { calls, events, ns };
  });
}

const sum = (lines: readonly Line[], field: keyof Line): number =>
  lines.reduce((total, line) => total + line[field], 0);

/** How often strace saw one system call of a run, in lines that `match`: the loader makes some too. */
function straceCount(name: string, match: RegExp, order: readonly string[]): number {
  const folder = mkdtempSync(join(tmpdir(), "crossbill-strace-"));
  const file = join(folder, "counts");
  try {
    const strace = ["-f", "-o", file, "-e", `trace=${name}`, program, ...order];
    expectEnd(runToEnd(["strace", ...strace]), { status: 0 });
    const calls = readFileSync(file, "utf8").split("\n");
    return calls.filter((line) => match.test(line)).length;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("exactly the calls asked for are made, whatever the block", async () => {
  // Primes: no block size divides them.
  for (const mechanism of ["null", "timer", "getppid", "read-byte", "pipe-pair"]) {
    const lines = await blocks(mechanism, "--calls", "10007", "--block", "1009");
    expect(sum(lines, "calls")).toBe(10_007);
    expect(sum(lines, "events")).toBe(10_007);
    expect(lines).toHaveLength(10);
  }
});

test("strace counts the getppid calls that were asked for, and no others", () => {
  expect(straceCount("getppid", /getppid\(\)/, ["getppid", "--calls", "2003"])).toBe(2003);
  expect(
    straceCount("pread64", /, 4096, 0\) = 4096$/, ["copy", "bytes=4K", "--calls", "503"]),
  ).toBe(503);
});

test("each class of call is made as often as it was asked for", () => {
  const count = (call: string, name: string, match: RegExp) =>
    straceCount(name, match, ["system-call", `call=${call}`, "--calls", "211"]);
  expect(count("stat-missing", "newfstatat", /"\/crossbill has no such file"/)).toBe(211);
  expect(count("epoll-wait", "epoll_wait", /= 1$/)).toBe(211);
  expect(count("futex-wake", "futex", /FUTEX_WAKE_PRIVATE, 1\) = 0$/)).toBe(211);
  expect(count("getdents", "getdents64", /= [1-9]\d*$/)).toBe(211);
  expect(count("write-64KiB", "pwrite64", /, 65536, 0\) = 65536$/)).toBe(211);
  expect(count("eventfd", "read", /, "\\[12]\\0\\0\\0\\0\\0\\0\\0", 8\) += 8$/)).toBe(211);
  expect(
    straceCount("execve", /"\/bin\/true"/, ["system-call", "call=fork-exec", "--calls", "13"]),
  ).toBe(13);
  expect(straceCount("fsync", /fsync\(\d+\) += 0$/, ["fsync", "--calls", "23"])).toBe(23);
});

test("a message goes whole into every transport and out again", () => {
  for (const transport of ["pipe", "unix", "tcp"]) {
    const order = ["pipe-pair", `transport=${transport}`, "bytes=5000", "--calls", "101"];
    expect(straceCount("write", /, 5000\) = 5000$/, order)).toBe(101);
  }
});

test("each page touched in fresh anonymous memory is one fault", async () => {
  const lines = await blocks("fault-anonymous", "--calls", "4099", "--block", "1009");
  expect(sum(lines, "calls")).toBe(4099);
  expect(sum(lines, "events")).toBe(4099);
});

test("a mapped file faults at least once a block, and never more often than it is touched", async () => {
  const lines = await blocks("fault-file", "--calls", "997", "--block", "101");
  expect(sum(lines, "calls")).toBe(997);
  for (const { calls, events } of lines) {
    expect(events).toBeGreaterThanOrEqual(1);
    expect(events).toBeLessThanOrEqual(calls);
  }
});

test("every round trip is two switches at least", async () => {
  const lines = await blocks("context-switch", "--calls", "1009");
  expect(sum(lines, "calls")).toBe(1009);
  expect(sum(lines, "events")).toBeGreaterThanOrEqual(2 * 1009 * 0.95);
});

test("an unknown mechanism, a bad number and a size out of range are refused", () => {
  const refused = (status: number, ...order: string[]) =>
    expectEnd(runToEnd([program, ...order]), { status });
  refused(2);
  refused(2, "nonsense");
  refused(2, "getppid", "--calls", "-1");
  refused(2, "getppid", "--calls", "9999999999999999999999");
  refused(2, "getppid", "--seconds", "nan");
  refused(2, "getppid", "--seconds");
  refused(1, "copy", "bytes=0");
  refused(1, "copy", "bytes=4294967295");
  refused(1, "copy", "bytes=1Q");
  refused(1, "copy", "size=1");
});

test("a quick calibration gives valid, ordered prices and tells its progress", async () => {
  const seen: Progress[] = [];
  const result = await calibrate({ quick: true, onProgress: (progress) => seen.push(progress) });
  const { prices, warnings } = result;
  pricesSchema.parse(prices);
  const orders = warnings.filter(({ kind }) => kind === "impossible-order");
  expect(orders.map(calibrationWarningText)).toEqual([]);
  expect(prices.nullSyscallNs.likely).toBeLessThan(prices.oneByteReadNs.likely);
  expect(prices.copyNsPerByte.at(-1)?.upToBytes).toBeNull();
  const shares = seen.map(({ share }) => share);
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares.at(-1)).toBe(1);
  // A busy machine may have begun one more round than it could finish.
  const begun = new Set(result.measurements.map(({ round }) => round)).size;
  expect([result.rounds, result.rounds + 1]).toContain(begun);
  expect(result.rounds).toBeGreaterThanOrEqual(1);
});

test("the ptrace recorder, which works for any user, gets a price above the bare call's", async () => {
  const { prices, warnings } = await calibrate({ quick: true, recorders: ["ptrace"] });
  expect(warnings.filter(({ kind }) => kind === "recorder")).toEqual([]);
  const price = prices.recorders.ptrace;
  expect(price?.overheadNsPerCrossing.low).toBeGreaterThan(prices.nullSyscallNs.likely);
  expect(prices.recorders.ebpfSampled).toBeNull();
});

test("a calibration under a tracer says so and stores nothing", () => {
  const cache = mkdtempSync(join(tmpdir(), "crossbill-prices-"));
  try {
    // Only crossbill's own first thread is traced, which keeps it quick.
    const strace = ["strace", "-e", "trace=none", "-e", "signal=none", "-o", "/dev/null"] as const;
    const command = [process.execPath, cli, "calibrate", "--quick", "--json"];
    const ended = runToEnd([...strace, ...command], "", { XDG_CACHE_HOME: cache });
    expectEnd(ended, { status: 125 });
    expect(ended.stderr).toMatch(/not stored: crossbill itself was traced/);
    expect(pricesSchema.parse(JSON.parse(ended.stdout)).disturbedBy).toContain("traced");
    expect(readdirSync(cache)).toEqual([]);
  } finally {
    rmSync(cache, { recursive: true });
  }
});

test("an abort ends the calibration", async () => {
  const controller = new AbortController();
  const pending = calibrate({
    quick: true,
    signal: controller.signal,
    onProgress: ({ share }) => {
      if (share > 0.2) controller.abort();
    },
  });
  await expect(pending).rejects.toMatchObject({ name: "AbortError" });
});

test("the machine is the same machine twice, and its prices are found again", async () => {
  const machine = identifyMachine();
  expect(identifyMachine()).toEqual(machine);
  const folder = mkdtempSync(join(tmpdir(), "crossbill-prices-"));
  try {
    const { prices } = await calibrate({ quick: true, recorders: [], machine });
    savePrices(prices, join(folder, "crossbill"));
    expect(loadPrices(machine, join(folder, "crossbill"))).toMatchObject({ state: "found" });
    const check = await pricesStillMatch({
      ...prices,
      nullSyscallNs: { low: 1e6, likely: 1e6, high: 1e6 },
    });
    expect(check.matches).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
