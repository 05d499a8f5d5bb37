import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { bigLocalMessages } from "./big-local-messages.ts";

const count = 1009;
const bytes = count * 65_536;
const message: TimedCalls = {
  ...{ syscall: "write", count, ns: 8000, bytes, kind: "pipe", on: "pipe:[7]" },
};
const found = (calls: TimedCalls[], userNs = 1000) =>
  findingOf(
    billOfTimedRun({ calls, userNs, processes: [{}, {}], mechanisms: { "futex-wake": 250 } }),
    bigLocalMessages.code,
  );

test("frames through a pipe: the saving is what both ends pay, less a wake-up for each", () => {
  const finding = found([message, { ...message, syscall: "read", process: 1 }]);
  // A wake and a switch of 1500 for each of the messages; 30 % of copying them at either end.
  const after = count * (250 + 1500) + 2 * bytes * 0.1 * 0.3;
  // Two processes side by side: half of it, and never more than the bound.
  const saved = 2 * count * 8000 - after;
  expect(finding?.saving.likelyNs).toBeGreaterThan(saved / 2.1);
  expect(finding?.saving.likelyNs).toBeLessThan(saved);
  expect(finding).toMatchObject({ trial: null, processes: [0, 1], syscalls: ["write", "read"] });
});

test.each<[string, TimedCalls[]]>([
  ["small messages", [{ ...message, bytes: count * 64 }]],
  ["messages to another machine", [{ ...message, kind: "tcp" }]],
  ["a copy", [message, { ...message, syscall: "read", kind: "file", on: "/data/from" }]],
  ["its fixed twin", [{ syscall: "futex", count, ns: 900 }]],
])("it is silent for %s", (_, calls) => {
  expect(found(calls)).toBeNull();
});

test("it is silent when the calls are a small part of the run", () => {
  expect(found([message], 160e8)).toBeNull();
});
