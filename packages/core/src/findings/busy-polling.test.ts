import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { busyPolling } from "./busy-polling.ts";

const count = 100_003;
const polls: TimedCalls = { syscall: "poll", kind: "none", count, ns: 300, empty: count };
const yields: TimedCalls = { syscall: "sched_yield", kind: "none", count, ns: 300 };
const found = (calls: TimedCalls[], userNs: number, process = {}) =>
  findingOf(billOfTimedRun({ calls, userNs, processes: [process] }), busyPolling.code);

test("polls in vain between steps of work: all but a hundredth of them", () => {
  const finding = found([polls], 40e6);
  expect(finding?.saving.likelyNs).toBeCloseTo(count * 300 * 0.99, -2);
  expect(finding?.evidence).toEqual({ vainCalls: count, calls: count });
});

test("of reads, those that fail with EAGAIN are in vain", () => {
  const reads: TimedCalls = { syscall: "read", kind: "pipe", on: "pipe", count, ns: 300 };
  const calls = [
    { ...reads, error: "EAGAIN" },
    { ...reads, bytes: count },
  ];
  expect(found(calls, 40e6)?.evidence).toEqual({ vainCalls: count, calls: 2 * count });
});

test("a program that does nothing but ask saves others' time in the queue, and no more", () => {
  const wallNs = count * 300 + 1000;
  expect(found([yields], 1000)).toBeNull();
  const queued = found([yields], 1000, { runQueueNs: 6e6, wallNs: wallNs + 6e6 });
  expect(queued?.saving.likelyNs).toBeGreaterThan(5.9e6);
  expect(queued?.saving.likelyNs).toBeLessThan(9e6);
});

test("it is silent for polls that found something, and for a small part of the run", () => {
  const { empty: _, ...ready } = polls;
  expect(found([ready], 40e6)).toBeNull();
  expect(found([{ ...polls, count: 907, empty: 907 }], 160e6)).toBeNull();
});
