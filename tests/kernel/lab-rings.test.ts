/** Servers and disk queues for real: requests answered, calls made, sleeps counted; never times. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UnsupportedError } from "@crossbill/core";
import { measure, measureProgram, type Parameters } from "@crossbill/native";
import { afterAll, beforeAll, expect, test } from "vitest";

/** A prime: no number of connections or depth divides it. */
const REQUESTS = 499;
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "crossbill-rings-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** All that was counted of REQUESTS events in blocks of 101; null where the kernel refuses it. */
async function counted(mechanism: string, parameters: Parameters) {
  try {
    const { blocks } = await measure({ mechanism, parameters, calls: REQUESTS, blockCalls: 101 });
    const sum = (name: string) => blocks.reduce((all, one) => all + (one.counts[name] ?? 0), 0);
    const events = blocks.reduce((all, one) => all + one.events, 0);
    return { events, blocks: blocks.length, calls: sum("calls"), waits: sum("waits") };
  } catch (error) {
    if (error instanceof UnsupportedError) return null;
    throw error;
  }
}

/** How often strace saw a call in lines that match, in the process that is timed. */
function straced(call: string, match: RegExp, order: readonly string[]): number {
  const file = join(folder, "strace");
  const filter = ["-o", file, "-e", `trace=${call}`];
  expect(spawnSync("strace", [...filter, measureProgram(), ...order]).status).toBe(0);
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => match.test(line)).length;
}

test("an epoll server answers every request with a read, a write and its share of a wait", async () => {
  for (const connections of [1, 7, 53]) {
    const seen = await counted("echo-epoll", { connections });
    expect(seen?.events).toBe(REQUESTS);
    expect(seen?.calls).toBe(2 * REQUESTS + (seen?.waits ?? 0));
    expect(seen?.waits).toBeGreaterThanOrEqual(Math.ceil(REQUESTS / connections));
    expect(seen?.waits).toBeLessThanOrEqual(REQUESTS);
  }
});

test("strace sees the writes of the answers, and no others to a connection", () => {
  const order = ["echo-epoll", "connections=3", "--calls", `${REQUESTS}`, "--block", "101"];
  expect(straced("write", /, 64\) = 64$/, order)).toBe(REQUESTS);
});

test("an io_uring server answers the same with fewer calls the more there are at once", async () => {
  for (const receive of ["single", "multishot"]) {
    const alone = await counted("echo-uring", { connections: 1, receive });
    const many = await counted("echo-uring", { connections: 53, receive });
    if (alone === null || many === null) continue; // The kernel refuses io_uring.
    expect([alone.events, many.events]).toEqual([REQUESTS, REQUESTS]);
    // A lone request and its answer are two waits: one for each completion, or one for both.
    expect(alone.waits).toBeLessThanOrEqual(2 * REQUESTS + alone.blocks);
    expect(many.calls).toBeLessThan(REQUESTS);
  }
});

test("a batch of entries that do nothing is handed over and reaped in one call", async () => {
  for (const batch of [1, 7, 64]) {
    const seen = await counted("uring-nop", { batch });
    if (seen === null) continue; // The kernel refuses io_uring.
    expect(seen).toMatchObject({ events: REQUESTS, calls: REQUESTS });
    const order = ["uring-nop", `batch=${batch}`, "--calls", `${REQUESTS}`, "--block", "101"];
    const handedOver = new RegExp(`, ${batch}, ${batch}, IORING_ENTER_GETEVENTS.*= ${batch}$`);
    expect(straced("io_uring_enter", handedOver, order)).toBe(REQUESTS);
  }
});

test("reads of the disk are all made, one call each or one for many", async () => {
  const lone = await counted("storage-pread", { folder, bytes: "1M" });
  if (lone === null) return; // A file system without reads past the page cache.
  expect(lone).toMatchObject({ events: REQUESTS, calls: REQUESTS });
  const deep = await counted("storage-aio", { folder, bytes: "1M", depth: 31 });
  expect(deep?.events).toBe(REQUESTS);
  expect(deep?.calls).toBeLessThan(2 * REQUESTS);
  for (const way of ["plain", "fixed", "poller"]) {
    const seen = await counted("storage-uring", { folder, bytes: "1M", depth: 31, way });
    if (seen === null) continue;
    expect(seen.events).toBe(REQUESTS);
    expect(seen.calls).toBeLessThanOrEqual(REQUESTS);
  }
});

test("what cannot be is refused with words, and nothing stays", async () => {
  const refused = (mechanism: string, parameters: Parameters) =>
    expect(measure({ mechanism, parameters, seconds: 0.01 })).rejects.toThrow(UnsupportedError);
  await refused("echo-epoll", { connections: 0 });
  await refused("echo-epoll", { connections: 1025 });
  await refused("echo-uring", { receive: "twice" });
  await refused("uring-nop", { batch: 0 });
  await refused("storage-uring", { folder, depth: 1025 });
  await refused("storage-pread", { folder, piece: 100 });
  await refused("storage-pread", { folder: "/proc" });
  expect(readdirSync(folder).filter((name) => !["storage", "strace"].includes(name))).toEqual([]);
});

test("the client dies with the server", () => {
  const order = ["echo-epoll", "connections=5", "--calls", "1000000000", "--block", "1000000"];
  const script =
    '"$@" & sleep 0.3; kill -9 $!; wait; sleep 0.3; pgrep -r R,S,D,T -g 0 crossbill-meas | wc -l';
  const { stdout } = spawnSync("setsid", ["sh", "-c", script, "sh", measureProgram(), ...order], {
    encoding: "utf8",
  });
  expect(stdout.trim()).toBe("0");
});
