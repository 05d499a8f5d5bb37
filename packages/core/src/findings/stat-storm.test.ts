import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { statStorm } from "./stat-storm.ts";

const count = 100_003;
const stats: TimedCalls = { syscall: "newfstatat", kind: "none", count, ns: 900, distinctPaths: 4 };
const found = (calls: TimedCalls[], userNs = 1000) =>
  findingOf(billOfTimedRun({ calls, userNs }), statStorm.code);

test("four paths asked for again and again: all but four calls, less a look into a table each", () => {
  const finding = found([stats]);
  expect(finding?.saving.likelyNs).toBeCloseTo((count - 4) * 900 - count * 10, -1);
  expect(finding?.evidence).toMatchObject({ calls: count, differentPaths: 4 });
  expect(finding).toMatchObject({ trial: "live", syscalls: ["newfstatat"] });
});

test("without a count of different paths the interval is wide and says so", () => {
  const { distinctPaths: _, ...unknown } = stats;
  const saving = found([unknown])?.saving;
  expect(saving?.lowNs).toBeLessThan(count * 900 * 0.1);
  expect(saving?.highNs).toBeGreaterThan(count * 900 * 0.99);
});

test.each<[string, TimedCalls[]]>([
  ["paths that are all different", [{ ...stats, distinctPaths: count }]],
  ["paths that do not exist", [{ ...stats, error: "ENOENT" }]],
])("it is silent for %s", (_, calls) => {
  expect(found(calls)).toBeNull();
});

test("it is silent when the calls are a small part of the run", () => {
  expect(found([{ ...stats, count: 907 }], 160e6)).toBeNull();
});
