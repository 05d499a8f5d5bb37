import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { threadPingPong } from "./thread-ping-pong.ts";
import { threadPoolHops } from "./thread-pool-hops.ts";

const count = 20_011;
const hops: TimedCalls[] = [
  { syscall: "futex", kind: "none", count: 5 * count, ns: 1500 },
  { syscall: "write", kind: "eventfd", on: "[eventfd]", count, ns: 800 },
  { syscall: "read", kind: "eventfd", on: "[eventfd]", count, ns: 600 },
  { syscall: "epoll_pwait", kind: "epoll", on: "[eventpoll]", count, ns: 900 },
];
const stats: TimedCalls = { syscall: "statx", kind: "none", count, ns: 900, distinctPaths: count };
function found(calls: TimedCalls[], exe = "/usr/bin/node", userNs = 1000) {
  const processes = [{ exe, comm: "node", threads: 11 }];
  return billOfTimedRun({ calls, userNs, processes });
}

test("the calls around small pieces of work, and a share of the own code", () => {
  const finding = findingOf(found([...hops, stats]), threadPoolHops.code);
  const calls = count * (5 * 1500 + 800 + 600 + 900);
  expect(finding?.saving.likelyNs).toBeCloseTo(calls + 600, -1);
  expect(finding?.evidence).toMatchObject({ hops: count, diskNs: 0 });
});

test("the pool is not taken for two threads that play ping-pong", () => {
  expect(findingOf(found([...hops, stats]), threadPingPong.code)).toBeNull();
});

test.each<[string, TimedCalls[], string]>([
  ["another program than Node", hops, "/usr/bin/example"],
  ["synchronous calls", [stats], "/usr/bin/node"],
  ["work that waits for the disk", [...hops, { ...stats, diskNs: 80_000 }], "/usr/bin/node"],
])("it is silent for %s", (_, calls, exe) => {
  expect(findingOf(found(calls, exe), threadPoolHops.code)).toBeNull();
});

test("it is silent when the hops are a small part of the run", () => {
  const few = hops.map((calls) => ({ ...calls, count: 97 }));
  expect(findingOf(found(few, "/usr/bin/node", 1e9), threadPoolHops.code)).toBeNull();
});
