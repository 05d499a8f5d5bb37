import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { readinessLoop } from "./readiness-loop.ts";

const count = 100_003;
const polls: TimedCalls = {
  syscall: "epoll_wait",
  kind: "epoll",
  on: "[eventpoll]",
  count,
  ns: 500,
};
const reads: TimedCalls = {
  ...{ syscall: "read", kind: "unix", on: "socket:[4711]", count, ns: 800, bytes: count * 16 },
};
const echo = [polls, reads, { ...reads, syscall: "write" }];
function found(calls: readonly TimedCalls[], voluntarySwitches = 0, userNs = 1000) {
  return findingOf(
    billOfTimedRun({ calls, userNs, processes: [{ voluntarySwitches }] }),
    readinessLoop.code,
  );
}

test("one ready socket a call: the calls that did not sleep are spared", () => {
  const finding = found(echo, 10_007);
  expect(finding?.saving.likelyNs).toBeCloseTo((count - 10_007) * 500, -1);
  expect(finding?.evidence).toEqual({ calls: count, served: count, sleeps: 10_007 });
});

test("a call brings 64 at most", () => {
  expect(found(echo)?.saving.likelyNs).toBeCloseTo(count * (63 / 64) * 500, -1);
});

test("it is silent where each call slept, and where several sockets are served a call", () => {
  expect(found(echo, count)).toBeNull();
  expect(found([{ ...polls, count: Math.ceil(count / 32) }, reads])).toBeNull();
});

test("it is silent for calls without sockets, and for a small part of the run", () => {
  expect(found([polls])).toBeNull();
  const few = echo.map((calls) => ({ ...calls, count: 907 }));
  expect(found(few, 0, 160e6)).toBeNull();
});
