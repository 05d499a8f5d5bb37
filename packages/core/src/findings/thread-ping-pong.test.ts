import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { threadPingPong } from "./thread-ping-pong.ts";

const count = 100_003;
const futexes: TimedCalls = { syscall: "futex", kind: "none", count, ns: 2000, otherNs: 5000 };
function found(calls: TimedCalls[], process = {}, userNs = 1000) {
  const own = { threads: 2, voluntarySwitches: 40_009, ...process };
  return findingOf(billOfTimedRun({ calls, userNs, processes: [own] }), threadPingPong.code);
}

test("two threads that wake each other: the calls and the waking, for all but one of 32", () => {
  const finding = found([futexes]);
  const waking = 40_009 * 2 * 1500;
  expect(finding?.saving.likelyNs).toBeCloseTo((count * 2000 + waking) * (31 / 32), -2);
  expect(finding?.evidence).toMatchObject({ calls: count, sleeps: 40_009, batchAssumed: 32 });
});

test("waiting longer than the wake-ups explain is not counted as saved", () => {
  const idle = { ...futexes, count: 97, otherNs: 5e6 };
  const finding = found([idle], { voluntarySwitches: 97 });
  expect(finding).toBeNull();
});

test("it is silent for a single thread, and for calls that are a small part of the run", () => {
  expect(found([futexes], { threads: 1 })).toBeNull();
  expect(found([{ ...futexes, count: 907, otherNs: 0 }], {}, 160e6)).toBeNull();
});
