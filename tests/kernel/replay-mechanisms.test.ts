/** The ways to replay calls: the same bytes, exactly the system calls they claim, files left alone. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodePlan, type Plan } from "../../packages/trial/src/plan-file.ts";
import type { PlannedAccess } from "../../packages/trial/src/planned-access.ts";
import { measured, refusal, seenByStrace } from "./measure-runs.ts";

const BYTES = 100_003;
let folder: string;
let words: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "crossbill-replay-"));
  words = join(folder, "words");
  writeFileSync(words, randomBytes(BYTES));
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);

function planFile(name: string, accesses: PlannedAccess[], fields: Partial<Plan> = {}): string {
  const { dev, ino } = statSync(words, { bigint: true });
  const source = { path: Buffer.from(words), device: dev, inode: ino, bytes: BYTES };
  const plan = { source, isCold: false, scratchBytes: 0, scratchMost: 0, accesses, ...fields };
  writeFileSync(at(name), encodePlan(plan));
  return at(name);
}

const read = (offset: number, asked: number): PlannedAccess => ({
  ...{ operation: "read", offset, asked },
  moved: Math.max(0, Math.min(asked, BYTES - offset)),
});
const times = <T>(count: number, of: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => of(index));

/** From the start to beyond the end, the last two short and empty. */
const sequential = () => times(Math.ceil(BYTES / 17) + 1, (index) => read(index * 17, 17));
const pairs = () =>
  times(503, (index) => {
    const offset = (index * 7919) % (BYTES - 50);
    return [{ operation: "seek" as const, offset, asked: 0, moved: 0 }, read(offset, 101)];
  }).flat();

async function replayed(
  mechanism: string,
  plan: string,
  more: Record<string, string | number> = {},
) {
  const { counts } = await measured({
    ...{ mechanism: `replay-${mechanism}`, calls: 1, blockCalls: 1 },
    parameters: { plan, ...more },
  });
  return counts;
}

describe("reads", () => {
  test("every way delivers the bytes that the recorded calls deliver", async () => {
    for (const accesses of [sequential(), pairs()]) {
      const plan = planFile("reads", accesses);
      const expected = await replayed("recorded", plan);
      expect(expected).toMatchObject({ systemCalls: accesses.length, differing: 0 });
      for (const mechanism of ["buffered", "positioned", "mapping", "ring"]) {
        const { bytes, checksum, differing } = await replayed(mechanism, plan);
        expect({ mechanism, bytes, checksum, differing }).toEqual({
          ...{ mechanism, differing: 0 },
          ...{ bytes: expected["bytes"], checksum: expected["checksum"] },
        });
      }
    }
  });

  test("other bytes have another checksum, and other lengths are counted", async () => {
    const plan = planFile("reads", sequential());
    const before = await replayed("recorded", plan);
    const moved = planFile("moved", [...sequential().slice(1), read(0, 17)]);
    expect((await replayed("positioned", moved))["checksum"]).not.toBe(before["checksum"]);
    const longer = sequential().map((access) => ({ ...access, asked: 19 }));
    expect((await replayed("positioned", planFile("longer", longer)))["differing"]).toBeGreaterThan(
      5000,
    );
  });

  test("strace sees the calls they claim, in the timed run and in the one that looks at bytes", () => {
    const plan = planFile("pairs", pairs());
    const traced = (mechanism: string, syscall: string, match: RegExp) =>
      seenByStrace(syscall, match, {
        ...{ mechanism: `replay-${mechanism}`, parameters: { plan }, calls: 1, blockCalls: 1 },
      });
    // Besides, each piece is touched once by a pread before anything is timed.
    expect(traced("positioned", "pread64", /, 101, /)).toBe(3 * 503);
    expect(traced("mapping", "pread64", /, 101, /)).toBe(503);
    // One more before each run, to where the first call begins.
    expect(traced("recorded", "lseek", /SEEK_SET/)).toBe(2 * 503 + 2);
    expect(traced("positioned", "lseek", /SEEK_SET/)).toBe(2);
  });

  test("emptied of the file, the page cache makes every way ask the disk for all of it", async () => {
    const plan = planFile(
      "cold",
      times(24, (index) => read(index * 4096, 4096)),
      { isCold: true },
    );
    for (const mechanism of ["recorded", "buffered", "mapping", "ring"]) {
      const { deviceBytes } = await replayed(mechanism, plan);
      expect(deviceBytes, mechanism).toBeGreaterThanOrEqual(24 * 4096);
    }
  });
});

describe("writes", () => {
  const record = (index: number): PlannedAccess => ({
    ...{ operation: "write", offset: 4000 + index * 53, asked: 53, moved: 53 },
  });
  const sync: PlannedAccess = { operation: "sync", offset: 0, asked: 0, moved: 0 };
  const log = (accesses: PlannedAccess[]) =>
    planFile("log", accesses, { source: null, scratchBytes: 4000, scratchMost: 4000 + 211 * 53 });
  const withScratch = { scratch: "" };
  beforeAll(() => {
    withScratch.scratch = at("scratch");
  });

  test("gathered ones leave the same file as the recorded ones", async () => {
    const plan = log(times(211, record));
    const plain = await replayed("recorded", plan, withScratch);
    expect(plain).toMatchObject({ systemCalls: 211, bytes: 211 * 53, differing: 0 });
    expect(statSync(at("scratch")).size).toBe(4000 + 211 * 53);
    const gathered = await replayed("gathered", plan, { ...withScratch, piece: 1000 });
    expect(gathered).toMatchObject({ systemCalls: Math.ceil(211 / 18), differing: 0 });
    expect(gathered["checksum"]).toBe(plain["checksum"]);
  });

  test("positioned ones leave the same file, and nothing seeks", async () => {
    const places = times(211, (index) => 4000 + ((index * 61) % 211) * 53);
    const seeking = places.flatMap((offset): PlannedAccess[] => [
      { operation: "seek", offset, asked: 0, moved: 0 },
      { operation: "write", offset, asked: 53, moved: 53 },
    ]);
    const plan = log(seeking);
    const plain = await replayed("recorded", plan, withScratch);
    const positioned = await replayed("positioned", plan, withScratch);
    expect([plain["systemCalls"], positioned["systemCalls"]]).toEqual([2 * 211, 211]);
    expect(positioned).toMatchObject({ differing: 0, checksum: plain["checksum"] });
  });

  test("grouped syncs make the last group durable too", async () => {
    const plan = log(times(211, (index) => [record(index), sync]).flat());
    const plain = await replayed("recorded", plan, withScratch);
    const grouped = await replayed("grouped", plan, { ...withScratch, group: 50 });
    expect(plain["systemCalls"]).toBe(2 * 211);
    expect(grouped["systemCalls"]).toBe(211 + 5);
    expect(grouped["checksum"]).toBe(plain["checksum"]);
  });

  test("a copy in the kernel is the copy of the loop", async () => {
    const plan = planFile("copy", sequential(), { scratchMost: BYTES });
    const loop = await replayed("copied", plan, withScratch);
    expect(readFileSync(at("scratch")).equals(readFileSync(words))).toBe(true);
    const range = await replayed("copy-range", plan, withScratch);
    expect(readFileSync(at("scratch")).equals(readFileSync(words))).toBe(true);
    expect(range).toMatchObject({ differing: 0, bytes: BYTES, checksum: loop["checksum"] });
  });
});

describe("what is refused", () => {
  const refused = (plan: string, more: Record<string, string> = {}) =>
    refusal("replay-recorded", { plan, ...more });

  test("plans that are broken anywhere", () => {
    const good = readFileSync(planFile("good", sequential()));
    const write = (name: string, bytes: Uint8Array) => {
      writeFileSync(at(name), bytes);
      return at(name);
    };
    const changed = (offset: number, byte: number) => {
      const bytes = Buffer.from(good);
      bytes[offset] = byte;
      return write("changed", bytes);
    };
    const accesses = 64 + Buffer.from(words).length;
    const plans = [
      write("short", good.subarray(0, 63)),
      write("cut", good.subarray(0, -1)),
      changed(0, 0),
      changed(9, 0xff), // The length of the path.
      changed(22, 1), // More accesses than any plan has.
      changed(64, 0x2e), // A path that is not absolute.
      changed(70, 0), // A path with an end inside.
      changed(accesses + 7, 0xff), // An offset beyond any file.
      changed(accesses + 11, 0xff), // A read of 4 GiB.
      changed(accesses + 16, 99), // An operation that does not exist.
    ];
    for (const plan of plans) expect(refused(plan)).toContain("the plan of the replay");
  });

  test("files that are others than the plan says, links, devices and pipes", () => {
    symlinkSync(words, at("link"));
    const { dev, ino } = statSync(words, { bigint: true });
    const source = { path: Buffer.from(words), device: dev, inode: ino, bytes: BYTES };
    const other = (fields: Partial<typeof source>) =>
      refused(planFile("other", sequential(), { source: { ...source, ...fields } }));
    expect(other({ inode: ino + 1n })).toContain("it changed");
    expect(other({ bytes: BYTES - 1 })).toContain("it changed");
    expect(other({ path: Buffer.from(at("link")) })).toContain("symbolic links");
    expect(other({ path: Buffer.from("/dev/zero") })).toContain("it changed");
    expect(other({ path: Buffer.from(at("gone")) })).toContain("No such file");
  });

  test("writes to the user's file, and a scratch file that is a link", () => {
    const write: PlannedAccess = { operation: "pwrite", offset: 0, asked: 5, moved: 5 };
    const plan = planFile("writes", [write], { scratchMost: 5 });
    const before = readFileSync(words);
    expect(refused(plan)).toContain("Invalid argument");
    expect(refused(plan, { scratch: at("scratch") })).toContain("Invalid argument");
    symlinkSync(words, at("linked-scratch"));
    const log = planFile("log", [write], { source: null, scratchMost: 5 });
    expect(refused(log, { scratch: at("linked-scratch") })).toContain("the scratch file");
    expect(readFileSync(words).equals(before)).toBe(true);
    // The scratch file cannot grow beyond what was checked to be free.
    const far: PlannedAccess = { ...write, offset: 2 ** 40 };
    const beyond = planFile("log", [far], { source: null, scratchMost: 5 });
    expect(refused(beyond, { scratch: at("scratch") })).toContain("the plan of the replay");
  });
});
