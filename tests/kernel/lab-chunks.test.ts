/** Reads by chunk, run for real: exactly the reads, bytes and faults asked for; never times. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "@crossbill/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { measured, refusal, seenByStrace } from "./measure-runs.ts";

const PAGE = 4096;
/** Primes: no block, page or file divides them. */
const CALLS = 211;
const ODD = 4099;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "crossbill-chunks-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("every source gives all bytes of every read", async () => {
  for (const source of ["page-cache", "tmpfs", "zero"]) {
    const parameters = { source, bytes: ODD, file: 10 * ODD };
    const { calls, events, counts } = await measured({
      ...{ mechanism: "read-chunk", parameters },
      ...{ calls: CALLS, blockCalls: 23 },
    });
    expect([source, calls, events]).toEqual([source, CALLS, CALLS]);
    expect(counts).toEqual({ bytes: CALLS * ODD });
  }
});

test("strace sees exactly these reads, one chunk after another and over again", () => {
  const asked = {
    mechanism: "read-chunk",
    // Two whole chunks and a rest that is never read.
    parameters: { bytes: ODD, file: 3 * ODD - 1 },
    ...{ calls: CALLS, blockCalls: 23 },
  };
  const reads = (offset: number) =>
    seenByStrace("pread64", new RegExp(`, ${ODD}, ${offset}\\) += ${ODD}$`), asked);
  expect(reads(0)).toBe(106);
  expect(reads(ODD)).toBe(105);
  expect(reads(2 * ODD)).toBe(0);
});

/** A page of the program's own may be touched for the first time in a block. */
const STRAY = 5;

test("fresh memory takes a fault for each page that a read begins to fill", async () => {
  const pages = 13;
  const whole = await measured({
    mechanism: "read-chunk",
    parameters: { destination: "fresh", bytes: pages * PAGE, file: pages * PAGE },
    ...{ calls: CALLS, blockCalls: 23 },
  });
  expect(whole.counts["bytes"]).toBe(CALLS * pages * PAGE);
  expect(whole.counts["faults"]).toBeGreaterThanOrEqual(CALLS * pages);
  expect(whole.counts["faults"]).toBeLessThanOrEqual(CALLS * pages + STRAY);
  const small = await measured({
    mechanism: "read-chunk",
    parameters: { destination: "fresh", bytes: 1024, file: 1024 },
    ...{ calls: 404, blockCalls: 101 },
  });
  // 101 KiB are 25 pages and a quarter.
  expect(small.counts["faults"]).toBeGreaterThanOrEqual(4 * 26);
  expect(small.counts["faults"]).toBeLessThanOrEqual(4 * 26 + STRAY);
});

test("a file in the folder is written once, kept with its user's rights, and read past the cache", async () => {
  const asked = (source: string) => ({
    mechanism: "read-chunk",
    parameters: { source, bytes: PAGE, file: 1 << 20, folder },
    ...{ calls: CALLS, blockCalls: 23 },
  });
  expect((await measured(asked("page-cache"))).counts).toEqual({ bytes: CALLS * PAGE });
  const before = statSync(join(folder, "read-chunk"));
  expect([before.size, before.mode & 0o777]).toEqual([1 << 20, 0o600]);
  const direct = refusal("read-chunk", asked("direct").parameters);
  if (direct === null) {
    expect(
      seenByStrace("openat", /"[^"]*\/read-chunk", O_RDONLY\|.*O_DIRECT/, asked("direct")),
    ).toBe(1);
  } else {
    expect(direct).toContain("O_DIRECT on this file system");
  }
  const after = statSync(join(folder, "read-chunk"));
  expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
  expect(readdirSync(folder)).toEqual(["read-chunk"]);
});

test("what is no file of ours, and sizes out of range, are refused in words", () => {
  const of = (parameters: Record<string, string | number>) => refusal("read-chunk", parameters);
  expect(of({ bytes: 0 })).toContain("Invalid argument");
  expect(of({ bytes: "65M", file: "65M" })).toContain("Invalid argument");
  expect(of({ bytes: 4096, file: 4095 })).toContain("Invalid argument");
  expect(of({ bytes: 1, file: "257M" })).toContain("Invalid argument");
  expect(of({ source: "tape" })).toContain("source=tape");
  expect(of({ source: "direct", bytes: PAGE })).toContain("need a folder");
  expect(of({ source: "direct", bytes: 512, folder })).toContain("whole blocks");
  expect(of({ folder: "/no/such/folder" })).toContain("No such file");
  expect(of({ destination: "fresh", bytes: "64M", file: "64M" })).toBeNull();
  const file = join(folder, "a-file");
  writeFileSync(file, "");
  expect(of({ folder: file })).toContain("Not a directory");
  rmSync(file);
});

test("a quick run measures every source, and leaves nothing behind", async () => {
  // Others may run labs of their own at the same time: theirs have another process in the name.
  const left = () =>
    readdirSync(tmpdir()).filter((name) => name.startsWith(`crossbill-lab-${process.pid}-`));
  const { topics } = await run({ topics: ["chunks"], quick: true });
  const names = topics[0]?.points.flatMap(({ series, values }) =>
    values.length > 0 ? [series] : [],
  );
  expect(new Set(names).size).toBeGreaterThanOrEqual(5);
  expect(left()).toEqual([]);
});
