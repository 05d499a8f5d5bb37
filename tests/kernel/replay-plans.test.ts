/** Plans made from whatever a bill may hold: refused in words, or good for crossbill-measure. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bill, Finding } from "@crossbill/core";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { billOfTimedRun } from "../../packages/core/src/fixtures/timed-run.ts";
import { planReplay } from "../../packages/trial/src/replay-plan.ts";
import { refusal } from "./measure-runs.ts";

let folder: string;
let words: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "crossbill-plans-"));
  words = join(folder, "words");
  writeFileSync(words, Buffer.alloc(100_003, 7));
});
afterAll(() => rmSync(folder, { recursive: true }));

const calls = ["read", "pread64", "lseek", "write", "pwrite64", "readv", "getpid"];
const CODES = ["small-reads", "small-writes", "seek-then-read", "copy-loop", "sync-per-record"];

/** Small enough to be made, or so large that nothing may come of it. */
const amount = fc.oneof(
  { arbitrary: fc.integer({ min: 0, max: 200_000 }), weight: 9 },
  { arbitrary: fc.integer({ min: 2 ** 33, max: Number.MAX_SAFE_INTEGER }), weight: 1 },
);
const access = fc.tuple(
  fc.integer({ min: 0, max: calls.length }),
  fc.oneof(fc.constant(-1), amount),
  amount,
  fc.oneof(fc.integer({ min: -133, max: -1 }), amount),
  amount,
);

function billOf(accesses: [number, number, number, number, number][]): Bill {
  const lines = ["read", "write", "fsync"].map((syscall) => ({
    ...{ syscall, count: 211, ns: 400, bytes: syscall === "fsync" ? 0 : 211, on: words },
  }));
  const copies = { syscall: "write", count: 211, ns: 400, bytes: 211, on: join(folder, "copy") };
  const startedAt = new Date(Date.now() + 1000).toISOString();
  const bill = billOfTimedRun({ calls: [...lines, copies], userNs: 1000, fields: { startedAt } });
  const target = bill.lines.find((line) => line.target.path === words)?.target;
  if (target === undefined) throw new Error("the bill lacks the file");
  return {
    ...bill,
    sequences: [{ process: 0, descriptor: 3, target, complete: false, calls, accesses }],
  };
}

function findingOf(code: string): Finding {
  return {
    ...{ code, title: code, boundShare: 1, evidence: {}, fix: "", beware: "", trial: "replay" },
    saving: { lowNs: 1, likelyNs: 2, highNs: 3, likelyShare: 0.5 },
    ...{ program: "example", processes: [0], subject: null, sites: [] },
    syscalls: ["read", "write", "fsync"],
  };
}

test("a plan is refused in one line, or it is one that crossbill-measure takes", () => {
  let taken = 0;
  fc.assert(
    fc.property(
      fc.array(access, { maxLength: 20 }),
      fc.constantFrom(...CODES),
      (accesses, code) => {
        const plan = planReplay(billOf(accesses), findingOf(code));
        if (typeof plan === "string") {
          expect(plan).toMatch(/^[^\n]{10,300}$/);
          return;
        }
        const [file, scratch] = [join(folder, "plan"), join(folder, "scratch")];
        writeFileSync(file, plan.bytes);
        const parameters = plan.way.kind === "reads" ? {} : { scratch };
        expect(refusal(plan.way.present, { plan: file, ...parameters })).toBeNull();
        taken += 1;
      },
    ),
    { numRuns: 200 },
  );
  expect(taken).toBeGreaterThan(50);
});
