import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { missingPathStorm } from "./missing-path-storm.ts";

const count = 100_003;
const misses: TimedCalls = {
  ...{ syscall: "openat", kind: "none", error: "ENOENT", count, ns: 700, distinctPaths: 157 },
};
const found = (calls: TimedCalls[], userNs = 1000) =>
  findingOf(billOfTimedRun({ calls, userNs }), missingPathStorm.code);

test("the same missing paths again and again: all but the first misses", () => {
  const finding = found([misses]);
  expect(finding?.saving.likelyNs).toBeCloseTo((count - 157) * 700 - count * 10, -1);
  expect(finding?.evidence).toMatchObject({ misses: count, differentPaths: 157 });
  expect(finding).toMatchObject({ trial: "live", syscalls: ["openat"] });
});

test.each<[string, TimedCalls[]]>([
  ["each missing path asked for once", [{ ...misses, distinctPaths: count }]],
  ["paths that exist", [{ ...misses, error: null }]],
  ["paths that may not be looked at", [{ ...misses, error: "EACCES" }]],
])("it is silent for %s", (_, calls) => {
  expect(found(calls)).toBeNull();
});

test("it is silent when the calls are a small part of the run", () => {
  expect(found([{ ...misses, count: 907 }], 160e6)).toBeNull();
});
