import { expect, test } from "vitest";
import { billOfTimedRun, type TimedCalls } from "../fixtures/timed-run.ts";
import { waitingBound } from "./waiting-bound.ts";

const titleOf = (calls: TimedCalls[], userNs = 1000, elapsedNs?: number) => {
  const fields = elapsedNs === undefined ? {} : { elapsedNs };
  const { findings } = billOfTimedRun({ calls, userNs, fields });
  return findings?.find(({ code }) => code === waitingBound.code)?.title ?? null;
};

test("a program that sleeps is told that its time is a timer", () => {
  const sleep = { syscall: "clock_nanosleep", kind: "none" as const, count: 3, ns: 2000 };
  expect(titleOf([{ ...sleep, otherNs: 1e8 }])).toBe(
    "leave the calls alone: 100 % of the time is a timer",
  );
});

test("an idle event loop waits for events, whatever the threads of its pool wait for", () => {
  const loop = { syscall: "epoll_wait", kind: "epoll" as const, count: 1, ns: 2000, otherNs: 1e9 };
  const pool = { syscall: "futex", kind: "none" as const, count: 1, ns: 2000, otherNs: 4e9 };
  expect(titleOf([loop, pool], 1000, 1e9)).toBe(
    "leave the calls alone: 100 % of the time is waiting for events",
  );
  expect(titleOf([pool], 1000, 1e9)).toContain("is a lock");
});

test("it is silent when the program is busy half of the time", () => {
  const reads = { syscall: "read", count: 97, ns: 2000, diskNs: 80_000, bytes: 97 * 131_072 };
  expect(titleOf([{ ...reads, on: "/data/cold" }], 97 * 80_000)).toBeNull();
});

test("time that no thread waited is no waiting: the process was late to begin, or to be reaped", () => {
  const sleep = { syscall: "clock_nanosleep", kind: "none" as const, count: 3, ns: 2000 };
  expect(titleOf([{ ...sleep, otherNs: 1e6 }], 1000, 1e8)).toBeNull();
});
