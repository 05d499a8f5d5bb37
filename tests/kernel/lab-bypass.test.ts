/** Messages past the kernel, for real: messages that arrived, calls made, trips counted; never times. */
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UnsupportedError } from "@crossbill/core";
import { measure, measureProgram, type Parameters } from "@crossbill/native";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runToEnd } from "./command-line.ts";

/** Primes: batches timed, and messages in each. */
const BATCHES = 23;
const BATCH = 7;
const MESSAGES = BATCHES * BATCH;
/** What a mechanism exchanges before it is timed. */
const WARM_UP = 8;
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "crossbill-bypass-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What one block counted; null where the kernel refuses it. */
async function counted(mechanism: string, parameters: Parameters, calls = BATCHES) {
  try {
    const { blocks } = await measure({ mechanism, parameters, calls, blockCalls: calls });
    return { events: blocks[0]?.events, counts: blocks[0]?.counts ?? {} };
  } catch (error) {
    if (error instanceof UnsupportedError) return null;
    throw error;
  }
}

/** The lines that strace wrote of a measurement. */
function straced(calls: string, order: readonly string[]): readonly string[] {
  const file = join(folder, "strace");
  runToEnd(["strace", "-f", "-o", file, "-e", `trace=${calls}`, measureProgram(), ...order]);
  return readFileSync(file, "utf8").split("\n");
}

const order = (mechanism: string, ...parameters: readonly string[]) => [
  ...[mechanism, ...parameters],
  ...["--calls", `${BATCHES}`, "--block", `${BATCHES}`],
];

test("every path carries every message, with the calls of its kind", async () => {
  const least: readonly (readonly [string, number])[] = [
    ["udp", 2 * MESSAGES],
    ["udp-batch", 2 * BATCHES],
    ["udp-segments", 2 * BATCHES],
    ["io_uring", BATCHES],
    ["packet_mmap", BATCHES],
    ["af_xdp", BATCHES],
    ["ring", 0],
  ];
  for (const [path, calls] of least) {
    const seen = await counted("packet-exchange", { path, batch: BATCH });
    if (seen === null) continue;
    expect([path, seen.events]).toEqual([path, MESSAGES]);
    // A message that the kernel delivers late is looked for again: that is a call, too.
    expect(seen.counts["calls"]).toBeGreaterThanOrEqual(calls);
    if (calls === 0) expect(seen.counts["calls"]).toBe(0);
  }
});

test("strace sees the sends, and none for a ring in memory", () => {
  const sends = (path: string, line: RegExp) =>
    straced("sendto,recvfrom", order("packet-exchange", `path=${path}`, `batch=${BATCH}`)).filter(
      (one) => line.test(one),
    ).length;
  const all = WARM_UP + BATCHES;
  expect(sends("udp", /sendto\(.*, 64, 0, NULL, 0\) += 64/)).toBe(all * BATCH);
  expect(sends("udp-segments", new RegExp(`sendto\\(.* = ${64 * BATCH}$`))).toBe(all);
  expect(sends("ring", /sendto|recvfrom/)).toBe(0);
});

test("the kernel's own part is counted: one trip a frame, one for a joined batch, none for a ring", async () => {
  const trips = async (path: string) =>
    (await counted("packet-exchange", { path, batch: BATCH, trips: 1 }))?.counts["trips"];
  const frames = await trips("af_xdp");
  const joined = await trips("udp-segments");
  if (frames === undefined || joined === undefined) return; // No tracepoint, or no AF_XDP.
  expect(frames).toBeGreaterThan(joined);
  expect(joined).toBeGreaterThan(0);
  expect(await trips("ring")).toBe(0);
});

test("two processes exchange messages over each path", async () => {
  for (const path of ["udp", "packet_mmap", "af_xdp", "ring"]) {
    const seen = await counted("packet-ping-pong", { path, bytes: 64 });
    if (seen === null) continue;
    expect([path, seen.events]).toEqual([path, 2 * BATCHES]);
    if (path === "ring") expect(seen.counts["calls"]).toBe(0);
    else expect(seen.counts["calls"]).toBeGreaterThanOrEqual(2 * BATCHES);
  }
  const asleep = await counted("packet-ping-pong", { path: "udp", wait: "sleep", bytes: 64 });
  if (asleep !== null) expect(asleep.counts["calls"]).toBe(4 * BATCHES);
});

test("set-up and registration happen once a call", () => {
  const bytes = 7 << 12;
  const count = (way: string, calls: string, line: RegExp) =>
    straced(calls, [
      ...["register-memory", `way=${way}`, `bytes=${bytes}`, "--calls", "5", "--block", "1"],
    ]).filter((one) => line.test(one)).length;
  expect(count("mlock", "mlock", new RegExp(`mlock\\(.*, ${bytes}\\) += 0`))).toBe(5);
  expect(count("touch", "madvise", new RegExp(`, ${bytes}, MADV_POPULATE_WRITE\\) += 0`))).toBe(5);
  const sockets = straced("socket", [
    ...["packet-set-up", "path=packet_mmap", "--calls", "3", "--block", "1"],
  ]);
  expect(sockets.filter((one) => /AF_PACKET, .* = \d+/.test(one))).toHaveLength(6);
});

test("what cannot be is refused with words", async () => {
  const refused = (mechanism: string, parameters: Parameters) =>
    expect(measure({ mechanism, parameters, seconds: 0.01 })).rejects.toThrow(UnsupportedError);
  await refused("packet-exchange", { path: "tunnel" });
  await refused("packet-exchange", { batch: 0 });
  await refused("packet-exchange", { batch: 65 });
  await refused("packet-exchange", { bytes: 1401 });
  await refused("packet-exchange", { path: "udp-segments", bytes: 1400, batch: 64 });
  await refused("packet-ping-pong", { path: "af_xdp", wait: "sleep" });
  await refused("packet-ping-pong", { path: "io_uring" });
  await refused("packet-set-up", { stage: "never" });
  await refused("register-memory", { bytes: 4097 });
  await refused("register-memory", { bytes: "257M" });
  await refused("register-rdma", { bytes: 1 });
});

/** A stand-in for libibverbs with `names` as its devices; counts what it registers. */
function standIn(name: string, names: readonly string[]): string {
  const source = `
    #include <stddef.h>
    static const char *names[] = {${[...names.map((one) => `"${one}"`), "NULL"].join(", ")}};
    static int open_regions;
    void *ibv_get_device_list(int *count) { *count = ${names.length}; return names; }
    void ibv_free_device_list(void *list) { (void)list; }
    const char *ibv_get_device_name(const char *device) { return device; }
    void *ibv_open_device(void *device) { return device; }
    int ibv_close_device(void *context) { (void)context; return open_regions; }
    void *ibv_alloc_pd(void *context) { return context; }
    int ibv_dealloc_pd(void *domain) { (void)domain; return 0; }
    void *ibv_reg_mr(void *domain, void *memory, size_t bytes, int access)
    { (void)domain; (void)bytes; (void)access; return open_regions++ ? NULL : memory; }
    int ibv_dereg_mr(void *region) { (void)region; return --open_regions; }`;
  const file = join(folder, `${name}.c`);
  const library = join(folder, `${name}.so`);
  writeFileSync(file, source);
  expect(spawnSync("gcc", ["-shared", "-fPIC", "-o", library, file]).status).toBe(0);
  return library;
}

test("RDMA: its library, its devices, and those that are software are told apart", () => {
  const devices = join(folder, "devices");
  for (const real of ["bus", "virtual"]) mkdirSync(join(folder, real, "one"), { recursive: true });
  mkdirSync(devices);
  symlinkSync("../bus/one", join(devices, "hardware0"));
  symlinkSync("../virtual/one", join(devices, "soft0"));
  const rdma = (library: string) =>
    runToEnd([
      ...([measureProgram(), "register-rdma", `library=${library}`] as const),
      ...[`devices=${devices}`, "--calls", "3", "--block", "1"],
    ]);
  expect(rdma(join(folder, "nothing.so")).stderr).toContain("libibverbs is not installed");
  expect(rdma("libm.so.6").stderr).toContain("lacks what registers memory");
  expect(rdma(standIn("none", [])).stderr).toContain("no RDMA device");
  expect(rdma(standIn("soft", ["soft0"])).stderr).toContain("soft0 is software");
  const both = rdma(standIn("both", ["soft0", "hardware0"]));
  expect(both.status).toBe(0);
  expect(both.stdout).toContain('{"blocks":3}');
});

test("nothing stays: no device outside, and the peer dies with the process that times", () => {
  expect(readdirSync("/sys/class/net").filter((name) => name.startsWith("crossbill"))).toEqual([]);
  const script =
    '"$@" & sleep 0.5; kill -9 $!; wait; sleep 0.3; pgrep -r R,S,D,T -g 0 crossbill-meas | wc -l';
  const alive = [
    measureProgram(),
    "packet-ping-pong",
    "path=udp",
    "--calls",
    "1000000000",
    "--block",
    "1000000",
  ] as const;
  expect(runToEnd(["setsid", "sh", "-c", script, "sh", ...alive]).stdout.trim()).toBe("0");
});
