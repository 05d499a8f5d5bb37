/** Scattered reads for real: the calls they make, the bytes that arrive; never times. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { measure, type Parameters } from "@crossbill/native";
import { expect, test } from "vitest";

const program = fileURLToPath(
  new URL("../../packages/native/build/crossbill-measure", import.meta.url),
);
/** Primes: nothing divides them, so nothing hides in a rounding. */
const PIECES = 61;
const scattered = { pieces: PIECES, bytes: 67, gap: 4099 };

/** All counts of 7 calls in blocks of 3, added up. */
async function counted(mechanism: string, parameters: Parameters = {}) {
  const order = { mechanism, parameters: { ...scattered, ...parameters } };
  const { blocks } = await measure({ ...order, calls: 7, blockCalls: 3 });
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const names = Object.keys(blocks[0]?.counts ?? {});
  const counts = names.map((name) => [name, sum(blocks.map((one) => one.counts[name] ?? 0))]);
  return { events: sum(blocks.map(({ events }) => events)), ...Object.fromEntries(counts) };
}

/** How often strace saw a system call in lines that match. */
function straceCount(name: string, match: RegExp, mechanism: string, more: string[] = []): number {
  const folder = mkdtempSync(join(tmpdir(), "crossbill-strace-"));
  const file = join(folder, "calls");
  const given = Object.entries(scattered).map(([key, value]) => `${key}=${value}`);
  const order = [mechanism, ...given, ...more, "--calls", "7", "--block", "3"];
  try {
    const ended = spawnSync("strace", ["-f", "-o", file, "-e", `trace=${name}`, program, ...order]);
    expect(ended.status).toBe(0);
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => match.test(line)).length;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("each mechanism fetches every piece with the calls it claims", async () => {
  const events = 7 * PIECES;
  expect(await counted("scatter-pread")).toEqual({ events, systemCalls: events });
  expect(await counted("scatter-pread", { by: "lseek-read" })).toEqual({
    events,
    systemCalls: 2 * events,
  });
  expect(await counted("scatter-through")).toEqual({ events, systemCalls: 7 });
  expect(await counted("scatter-aio")).toEqual({ events, systemCalls: 14 });
  expect(await counted("scatter-uring")).toEqual({ events, systemCalls: 7 });
  for (const files of ["plain", "registered"])
    expect(await counted("scatter-uring", { files, buffers: "registered" })).toEqual({
      events,
      systemCalls: 7,
    });
  expect(await counted("scatter-mapping")).toMatchObject({ events, systemCalls: 0 });
});

test("one preadv brings the first of the scattered pieces and what follows it", async () => {
  const events = 7 * PIECES;
  expect(await counted("scatter-preadv")).toEqual({
    events,
    systemCalls: 7,
    wanted: 7,
    contiguous: events,
  });
});

test("without gaps one preadv brings them all", async () => {
  const events = 7 * PIECES;
  const counts = await counted("scatter-preadv", { gap: 0 });
  expect(counts).toEqual({ events, systemCalls: 7, wanted: events, contiguous: events });
});

test("strace sees the calls that are claimed, with the sizes that are claimed", () => {
  const calls = 7 * PIECES;
  expect(straceCount("pread64", /, 67, \d+\) = 67$/, "scatter-pread")).toBe(calls);
  expect(straceCount("read", /, 67\) += 67$/, "scatter-pread", ["by=lseek-read"])).toBe(calls);
  expect(straceCount("preadv", /, 61, 0\) = 4087$/, "scatter-preadv")).toBe(7);
  expect(straceCount("pread64", /, 250027, 0\) = 250027$/, "scatter-through")).toBe(7);
  expect(straceCount("io_uring_enter", /\(\d+, 61, 61, .*\) += 61$/, "scatter-uring")).toBe(7);
  expect(straceCount("io_submit", /= 61$/, "scatter-aio")).toBe(7);
  expect(straceCount("io_getevents", /= 61$/, "scatter-aio")).toBe(7);
});

test("sizes out of range and unknown choices are refused", () => {
  const status = (...order: string[]) => spawnSync(program, [...order, "--calls", "1"]).status;
  expect(status("scatter-pread", "pieces=0")).toBe(1);
  expect(status("scatter-pread", "pieces=1025")).toBe(1);
  expect(status("scatter-preadv", "bytes=0")).toBe(1);
  expect(status("scatter-uring", "bytes=2M")).toBe(1);
  expect(status("scatter-mapping", "gap=17M")).toBe(1);
  expect(status("scatter-through", "pieces=1024", "gap=1M")).toBe(1);
  expect(status("scatter-aio", "pieces=18446744073709551615")).toBe(1);
  expect(status("scatter-uring", "files=borrowed")).toBe(1);
  expect(status("scatter-pread", "by=chance")).toBe(1);
  expect(status("scatter-pread", "pieces=1024", "bytes=1", "gap=0")).toBe(0);
});

test("what the kernel refuses is named", () => {
  const refused = (call: string, error: string, mechanism: string) =>
    spawnSync(
      "strace",
      ["-f", "-o", "/dev/null", "-e", `inject=${call}:error=${error}`, program, mechanism],
      { encoding: "utf8" },
    );
  const disabled = refused("io_uring_setup", "EPERM", "scatter-uring");
  expect(disabled.status).toBe(1);
  expect(disabled.stderr).toMatch(/kernel\.io_uring_disabled, or a seccomp filter/);
  expect(refused("io_uring_setup", "ENOSYS", "scatter-uring").stderr).toMatch(/older than 5\.5/);
  expect(refused("io_setup", "EAGAIN", "scatter-aio").stderr).toMatch(/fs\.aio-max-nr/);
});
