import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { openCloseChurn } from "./open-close-churn.ts";

const count = 50_021;
const opens: TimedCalls = { syscall: "openat", count, ns: 1700, on: "/etc/settings" };
const closes: TimedCalls = { syscall: "close", count, ns: 600, on: "/etc/settings" };
const found = (calls: TimedCalls[], userNs = 1000, processes = [{}]) =>
  findingOf(billOfTimedRun({ calls, userNs, processes }), openCloseChurn.code);

test("one file opened again and again: all openings and closings but the first", () => {
  const finding = found([opens, closes]);
  expect(finding?.saving.likelyNs).toBeCloseTo((count - 1) * 2300, -1);
  expect(finding?.evidence).toEqual({ opens: count, openedAgain: count - 1, files: 1 });
  expect(finding?.subject).toBe("/etc/settings");
});

test.each<[string, TimedCalls[]]>([
  ["files opened once each", [1, 2, 3].map((n) => ({ ...opens, count: 1, on: `/data/${n}` }))],
  ["files whose names are not known", [{ ...opens, on: "", kind: "none" as const }]],
  ["descriptors of sockets", [{ ...closes, kind: "tcp" as const }]],
])("it is silent for %s", (_, calls) => {
  expect(found(calls)).toBeNull();
});

test("it is silent when many processes open the file once each", () => {
  expect(found([opens, closes], 1000, [{ instances: count }])).toBeNull();
});

test("it is silent when the calls are a small part of the run", () => {
  expect(found([{ ...opens, count: 97 }], 160e6)).toBeNull();
});
