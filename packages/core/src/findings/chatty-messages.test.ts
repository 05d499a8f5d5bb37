import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { chattyMessages } from "./chatty-messages.ts";

const count = 100_003;
const socket = { kind: "unix" as const, on: "socket:[4711]", count, bytes: count * 32 };
const sends: TimedCalls = { ...socket, syscall: "sendto", ns: 1200 };
const found = (calls: TimedCalls[], userNs = 1000) =>
  findingOf(billOfTimedRun({ calls, userNs }), chattyMessages.code);

test("messages of 32 bytes one way: the calls but for one of 64, less copying the batches", () => {
  const finding = found([sends]);
  const copied = 2 * count * 32 * 0.1;
  expect(finding?.saving.likelyNs).toBeCloseTo(count * 1200 * (63 / 64) - copied, -2);
  expect(finding?.evidence).toEqual({ calls: count, averageBytes: 32, messagesAtATime: 64 });
});

test.each<[string, TimedCalls[]]>([
  ["a conversation", [sends, { ...socket, syscall: "recvfrom", ns: 900 }]],
  ["large messages", [{ ...sends, bytes: count * 65_536 }]],
  ["writes to a pipe", [{ ...sends, kind: "pipe", syscall: "write" }]],
  ["sockets that move nothing", [{ ...sends, bytes: 0, error: "EAGAIN" }]],
])("it is silent for %s", (_, calls) => {
  expect(found(calls)).toBeNull();
});

test("it is silent when the calls are a small part of the run", () => {
  expect(found([{ ...sends, count: 907, bytes: 907 * 32 }], 160e6)).toBeNull();
});
