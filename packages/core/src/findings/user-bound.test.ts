import { expect, test } from "vitest";
import { billOfTimedRun, type TimedCalls } from "../fixtures/timed-run.ts";
import { userBound } from "./user-bound.ts";

const reads: TimedCalls = {
  ...{ syscall: "read", count: 10_007, ns: 400, bytes: 10_007, on: "/data/words" },
};
const found = (calls: TimedCalls[], userNs: number) =>
  billOfTimedRun({ calls, userNs }).findings?.find(({ code }) => code === userBound.code) ?? null;

test("own code that takes nearly all of the time is named with its share", () => {
  const finding = found([{ ...reads, count: 97, bytes: 97 }], 160e6);
  expect(finding?.title).toBe("leave the calls alone: 100 % of the time is the program's own code");
  expect(finding?.saving.likelyNs).toBe(0);
});

test("it is silent when another finding is worth showing", () => {
  expect(found([reads], 5e6)).toBeNull();
});

test("it is silent when own code is a small part of the run", () => {
  expect(found([{ ...reads, bytes: 10_007 * 131_072, ns: 20_000 }], 1e6)).toBeNull();
});
