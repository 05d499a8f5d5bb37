/** Findings: what holds for every rule and every bill. */
import { readdirSync } from "node:fs";
import path from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { billSchema } from "./bill/shape.ts";
import { makeBill } from "./bill.ts";
import { findingRules, LEAST_SHARE, leaveRules } from "./findings.ts";
import { anyPrices, anyRecording } from "./fixtures/arbitrary.ts";
import { billOfTimedRun } from "./fixtures/timed-run.ts";

const rules = [...findingRules, ...leaveRules];
/** Files of the folder that are no rule. */
const foundations = new Set([
  "call-sites",
  "copies",
  "evidence",
  "finding",
  "handover",
  "messages",
  "path-calls",
  "pieces",
  "streams",
  "thread-pool",
  "whole-reads",
]);

test("each rule has a file of its own, named by its code, and each file is listed", () => {
  const files = readdirSync(path.join(import.meta.dirname, "findings"))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => file.replace(/\.ts$/, ""))
    .filter((name) => !foundations.has(name));
  expect(rules.map(({ code }) => code).toSorted()).toEqual(files.toSorted());
});

test.each(rules.map((rule) => [rule.code, rule] as const))(
  "%s says all that a rule says",
  (_, rule) => {
    expect(rule.code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    for (const text of [rule.title, rule.needs, rule.gate, rule.priced, rule.beware]) {
      expect(text.length).toBeGreaterThan(10);
    }
    for (const fix of Object.values(rule.fix)) {
      expect(fix.length).toBeGreaterThan(10);
      expect(fix.split("\n").length).toBeLessThanOrEqual(3);
    }
  },
);

test("every finding of every bill is a figure, worth showing, and within its bound", () => {
  fc.assert(
    fc.property(anyRecording, anyPrices, (recorded, priced) => {
      const bill = makeBill(recorded, priced);
      expect(billSchema.safeParse(bill).error).toBeUndefined();
      const leave = new Set(leaveRules.map(({ code }) => code));
      for (const { code, saving, boundShare } of bill.findings ?? []) {
        expect(saving.lowNs).toBeLessThanOrEqual(saving.likelyNs);
        expect(saving.likelyNs).toBeLessThanOrEqual(saving.highNs);
        if (leave.has(code)) continue;
        expect(saving.likelyShare).toBeGreaterThanOrEqual(LEAST_SHARE);
        expect(saving.likelyShare).toBeLessThanOrEqual(1);
        expect(boundShare).toBeGreaterThan(0);
      }
    }),
    { numRuns: 300 },
  );
});

test("a saving that one run cannot tell from chance is set aside, whatever its share", () => {
  // A third of the time is waking up, of which the calls themselves are little.
  const adviceFor = (count: number) => {
    const futexes = { syscall: "futex", kind: "none" as const, count, ns: 300, otherNs: 5000 };
    const own = { threads: 2, voluntarySwitches: count };
    const run = { calls: [futexes], userNs: 10_000 * count, processes: [own] };
    const { findings = [], setAside = [] } = billOfTimedRun(run);
    const isIt = ({ code }: { code: string }) => code === "thread-ping-pong";
    return { shown: findings.some(isIt), why: setAside.find(isIt)?.why };
  };
  expect(adviceFor(31)).toEqual({ shown: false, why: "uncertain" });
  expect(adviceFor(30_011)).toEqual({ shown: true, why: undefined });
});

test("a saving that counts and prices alone are worth is shown, however short the run", () => {
  const count = 1009;
  const reads = { syscall: "read", count, ns: 400, bytes: count, on: "/data/words" };
  const calls = [{ ...reads, positioned: count, sequential: count }];
  const { findings = [] } = billOfTimedRun({ calls, userNs: 1000 });
  expect(findings.map(({ code }) => code)).toContain("small-reads");
});

test("when the disk is waited for, the advice is to leave the calls alone", () => {
  const reads = { syscall: "read", count: 97, ns: 2000, diskNs: 80_000, bytes: 97 * 131_072 };
  const bill = billOfTimedRun({ calls: [{ ...reads, on: "/data/cold" }], userNs: 1000 });
  expect(bill.findings?.map(({ code }) => code)).toEqual(["waiting-bound"]);
  expect(bill.findings?.[0]?.title).toBe("leave the calls alone: 98 % of the time is the disk");
});

test("when the time is the program's own, the advice is to leave the calls alone", () => {
  const reads = { syscall: "read", count: 907, ns: 400, bytes: 907, on: "/data/words" };
  const bill = billOfTimedRun({ calls: [reads], userNs: 160e6 });
  expect(bill.findings?.map(({ code }) => code)).toEqual(["user-bound"]);
  expect(bill.setAside?.map(({ code, why }) => [code, why])).toEqual([["small-reads", "small"]]);
});

test("time queued for CPUs that others had goes with the CPU time that is saved", () => {
  const reads = { syscall: "read", count: 10_007, ns: 400, bytes: 10_007, on: "/data/words" };
  const alone = billOfTimedRun({ calls: [reads], userNs: 4e6 });
  const queued = billOfTimedRun({
    ...{ calls: [reads], userNs: 4e6 },
    processes: [{ runQueueNs: 8_002_800, wallNs: 16_005_600 }],
  });
  const share = (bill: typeof alone) => bill.findings?.[0]?.saving.likelyShare ?? 0;
  expect(share(alone)).toBeGreaterThan(0.4);
  expect(share(queued)).toBeCloseTo(share(alone), 4);
});
