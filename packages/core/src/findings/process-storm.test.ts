import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { processStorm } from "./process-storm.ts";

const starts = 211;
const shell = { comm: "sh", exe: "/usr/bin/dash", voluntarySwitches: starts };
const child = {
  ...{ comm: "expr", exe: "/usr/bin/expr", pid: 200, ppid: 100 },
  ...{ instances: starts, threads: starts },
};
const calls: TimedCalls[] = [
  { syscall: "vfork", kind: "none", count: starts, ns: 80_000 },
  { syscall: "execve", kind: "none", process: 1, count: starts, ns: 200_000 },
];
function found(childNs = 600_000, userNs = 1000, fields = {}) {
  const busy = { onCpuNs: starts * childNs, wallNs: starts * childNs };
  const elapsedNs = starts * (childNs + 80_000) + userNs;
  const bill = billOfTimedRun({
    ...{ calls, userNs, fields: { elapsedNs }, mechanisms: { "fork-exec": 500_000 } },
    processes: [shell, { ...child, ...busy, ...fields }],
  });
  return findingOf(bill, processStorm.code);
}

test("one short program after the other: all their time but a fiftieth, and the forks", () => {
  const finding = found();
  expect(finding?.saving.likelyNs).toBeCloseTo(starts * (600_000 * 0.98 + 80_000), -2);
  expect(finding?.evidence).toEqual({ started: starts, programs: 1, startNs: 500_000 });
  expect(finding).toMatchObject({ program: "sh", processes: [0, 1] });
});

test("it is silent for programs that run long, and for a pipeline", () => {
  expect(found(50e6)).toBeNull();
  expect(found(600_000, 1000, { instances: 3 })).toBeNull();
});

test("it is silent for programs that something else started", () => {
  expect(found(600_000, 1000, { ppid: 1 })).toBeNull();
});

test("it is silent when the starts are a small part of the run", () => {
  expect(found(600_000, 60e9)).toBeNull();
});
