import { expect, test } from "vitest";
import { machine } from "../fixtures/recordings.ts";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { clockCalls } from "./clock-calls.ts";

const count = 100_003;
const readings: TimedCalls = { syscall: "clock_gettime", kind: "none", count, ns: 150 };
const found = (calls: TimedCalls[], userNs = 1000, clockSource = "tsc") => {
  const fields = { machine: { ...machine, clockSource } };
  return findingOf(billOfTimedRun({ calls, userNs, fields }), clockCalls.code);
};

test("readings by system call: what they cost, less what the vDSO takes", () => {
  const finding = found([readings]);
  expect(finding?.saving.likelyNs).toBeCloseTo(count * (150 - 14), -1);
  expect(finding?.evidence).toEqual({ calls: count, clockSource: "tsc" });
});

test("a clock source that the vDSO cannot read is named", () => {
  expect(found([readings], 1000, "hpet")?.title).toContain("clock source");
  expect(found([readings])?.title).toBe(clockCalls.title);
});

test("it is silent for other calls, and when the readings are a small part of the run", () => {
  expect(found([{ ...readings, syscall: "getppid" }])).toBeNull();
  expect(found([{ ...readings, count: 907 }], 160e6)).toBeNull();
});
