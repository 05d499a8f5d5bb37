import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bill, type Finding } from "@crossbill/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { billOfTimedRun, type TimedCalls } from "../../core/src/fixtures/timed-run.ts";
import { planReplay, type ReplayPlan } from "./replay-plan.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "replay-plan-"));
  writeFileSync(join(folder, "words"), Buffer.alloc(100_003, 1));
  writeFileSync(join(folder, "other"), Buffer.alloc(1009, 1));
});
afterAll(() => rmSync(folder, { recursive: true }));

type Sequence = NonNullable<Bill["sequences"]>[number];

/** Recorded a moment from now, so that the files above are older. */
function billOf(calls: TimedCalls[], sequences?: Sequence[]): Bill {
  const startedAt = new Date(Date.now() + 1000).toISOString();
  const bill = billOfTimedRun({ calls, userNs: 1000, fields: { startedAt } });
  return sequences === undefined ? bill : { ...bill, sequences };
}

const finding = (code: string, syscalls: string[]): Finding => ({
  ...{ code, title: code, boundShare: 1, evidence: {}, fix: "", beware: "", trial: "replay" },
  saving: { lowNs: 1, likelyNs: 2, highNs: 3, likelyShare: 0.5 },
  ...{ program: "example", processes: [0], syscalls, subject: null, sites: [] },
});
const at = (name: string): string => join(folder, name);
const reads = (on: string, count: number, fields: Partial<TimedCalls> = {}): TimedCalls => ({
  ...{ syscall: "read", count, ns: 400, bytes: count * 16, on },
  ...{ positioned: count, sequential: count, ...fields },
});
const planned = (bill: Bill, code = "small-reads", syscalls = ["read"]): ReplayPlan => {
  const plan = planReplay(bill, finding(code, syscalls));
  if (typeof plan === "string") throw new Error(plan);
  return plan;
};

function sequenceOf(name: string, calls: string[], accesses: Sequence["accesses"]): Sequence {
  const [line] = billOf([reads(at(name), 1)]).lines;
  if (line === undefined) throw new Error("a bill without lines");
  return { process: 0, descriptor: 3, target: line.target, complete: true, calls, accesses };
}

describe("what is replayed", () => {
  test("the file that cost most, and what share of the finding that is", () => {
    const plan = planned(billOf([reads(at("other"), 250), reads(at("words"), 750)]));
    expect(plan.subject).toMatchObject({ path: at("words"), writtenPath: null });
    expect(plan.subject.coveredShare).toBeCloseTo(0.75, 5);
    expect(plan.pattern).toMatchObject({ order: "shaped", share: 1, recordedCalls: 750 });
  });

  test("seeks and preads on the same file are part of it, other files are not", () => {
    const plan = planned(
      billOf([
        reads(at("words"), 101),
        { syscall: "lseek", count: 103, ns: 200, on: at("words") },
        { syscall: "lseek", count: 107, ns: 200, on: at("other") },
        { syscall: "write", count: 109, ns: 400, bytes: 109, on: at("words") },
      ]),
    );
    const named = plan.subject.lines.map(({ syscall, count }) => `${syscall} ${count}`);
    expect(new Set(named)).toEqual(new Set(["lseek 103", "read 101"]));
  });

  test("a copy is its reads on one file and its writes on another", () => {
    const writes: TimedCalls = { syscall: "write", count: 97, ns: 900, bytes: 97, on: at("copy") };
    const plan = planned(billOf([reads(at("words"), 97), writes]), "copy-loop", ["read", "write"]);
    expect(plan.subject).toMatchObject({ path: at("words"), writtenPath: at("copy") });
    expect(plan.recordedNs).toBe(97 * 400 + 97 * 900);
    expect(plan.scratchMost).toBe(97 * 16);
  });

  test("waiting for the disk means a cold page cache, and another fix for scattered reads", () => {
    const scattered = reads(at("words"), 97, { syscall: "pread64", sequential: 0 });
    const warm = planned(billOf([scattered]), "scattered-reads", ["pread64"]);
    expect(warm).toMatchObject({ isCold: false, fix: { mechanism: "replay-mapping" } });
    const slow = { ...scattered, diskNs: 10_000 };
    const cold = planned(billOf([slow]), "scattered-reads", ["pread64"]);
    expect(cold).toMatchObject({ isCold: true, fix: { mechanism: "replay-ring" } });
  });
});

describe("the recorded order", () => {
  test("is kept; what failed is left out; a jump without a seek names its place", () => {
    const sequence = sequenceOf(
      "words",
      ["read", "lseek", "pread64"],
      [
        [0, 16, 16, 16, 20],
        [0, 0, 16, 16, 10],
        [0, 32, 16, -11, 30],
        [1, 500, 0, 0, 40],
        [0, 500, 16, 16, 50],
        [2, 9, 4, 4, 55],
        [0, 516, 16, 16, 60],
        [0, 0, 16, 16, 70],
      ],
    );
    const { pattern } = planned(billOf([reads(at("words"), 6)], [sequence]));
    expect(pattern.order).toBe("recorded");
    expect(pattern.accesses.map(({ operation, offset }) => [operation, offset])).toEqual([
      ["read", 0],
      ["read", 16],
      ["seek", 500],
      ["read", 500],
      ["pread", 9],
      ["read", 516],
      ["pread", 0],
    ]);
  });

  test("syncs, which are in no sequence, come evenly behind the writes", () => {
    const sequence = sequenceOf(
      "log",
      ["write"],
      Array.from({ length: 9 }, (_, index) => [0, 100_000 + index * 10, 10, 10, index]),
    );
    const calls: TimedCalls[] = [
      { syscall: "write", count: 9, ns: 900, bytes: 90, on: at("log") },
      { syscall: "fdatasync", count: 3, ns: 900, on: at("log") },
    ];
    const plan = planned(billOf(calls, [sequence]), "sync-per-record", ["fdatasync"]);
    const made = plan.pattern.accesses.map(({ operation }) => operation);
    const group = ["write", "write", "write", "dataSync"];
    expect(made).toEqual([...group, ...group, ...group]);
    // The file grew from 100,000: only the page in which that was matters.
    expect(plan.scratchMost).toBe((100_000 % 4096) + 90);
    expect(plan.fix.parameters).toEqual({ group: 100 });
  });

  test("of a long run only a beginning is replayed, and its share is known", () => {
    const plan = planned(billOf([reads(at("words"), 4_000_037)]));
    // 0.4 s of recorded time at 400 ns a call.
    expect(plan.pattern.accesses).toHaveLength(1_000_000);
    expect(plan.pattern.share).toBeCloseTo(1_000_000 / 4_000_037, 9);
  });
});

describe("what is refused", () => {
  const refused = (bill: Bill, code = "small-reads", syscalls = ["read"]) =>
    planReplay(bill, finding(code, syscalls));

  test("what is no file, what cannot be found again, and what no replay knows", () => {
    const pipe = reads("pipe:[1]", 97, { kind: "pipe" });
    expect(refused(billOf([pipe]))).toContain("only those are replayed");
    expect(refused(billOf([reads("/dev/zero", 97)]))).toContain("not a regular file");
    expect(refused(billOf([reads(at("gone"), 97)]))).toContain("ENOENT");
    expect(refused(billOf([reads("words", 97)]))).toContain("only those are replayed");
    expect(refused(billOf([reads(at("words"), 97)]), "stat-storm")).toContain("no replay");
    const spread = [reads(at("words"), 97), reads("pipe:[1]", 9007, { kind: "pipe" })];
    expect(refused(billOf(spread))).toContain("none stands for the rest");
  });

  test("reads beyond the end that the file has now, and seeks beyond any file", () => {
    const beyond = sequenceOf("words", ["read"], [[0, 100_000, 16, 16, 1]]);
    expect(refused(billOf([reads(at("words"), 1)], [beyond]))).toContain("more than the file has");
    const far = sequenceOf(
      "words",
      ["lseek", "read"],
      [
        [0, 2 ** 50, 0, 0, 1],
        [1, 0, 9, 9, 2],
      ],
    );
    expect(refused(billOf([reads(at("words"), 1)], [far]))).toContain("8 TiB");
    // Where nothing is read, a place behind the end is as good as the end.
    const empty = sequenceOf("words", ["read"], [[0, 200_000, 16, 0, 1]]);
    expect(planned(billOf([reads(at("words"), 1)], [empty])).pattern.accesses).toHaveLength(1);
  });

  test("scratch files without end, and calls that ask for gigabytes", () => {
    const huge = sequenceOf(
      "log",
      ["pwrite64"],
      [
        [0, 2 ** 40, 10, 10, 1],
        [0, 5, 10, 10, 2],
      ],
    );
    const writes: TimedCalls = { syscall: "pwrite64", count: 2, ns: 900, bytes: 20, on: at("log") };
    expect(refused(billOf([writes], [huge]), "small-writes", ["pwrite64"])).toContain("4 GiB");
    const sized = { ...writes, targetFields: { sizeBytes: Number.MAX_SAFE_INTEGER } };
    expect(refused(billOf([sized], [huge]), "small-writes", ["pwrite64"])).toContain("4 GiB");
    const large = reads(at("words"), 3, { bytes: 3 * 2 ** 33 });
    expect(refused(billOf([large]))).toContain("16 MiB");
  });
});
