import { expect, test } from "vitest";
import { conditionsBetween, machineConditions, ticksOf } from "./conditions.ts";

test("ticks are summed without the guest's, which user time already holds", () => {
  expect(ticksOf("cpu  1 2 3 4 5 6 7 8 100 200\ncpu0 1 1 1 1 1 1 1 1 1 1\n")).toEqual({
    ticks: 36,
    stolenTicks: 8,
  });
});

test("a broken stat file gives no ticks", () => {
  expect(ticksOf("")).toEqual({ ticks: 0, stolenTicks: 0 });
  expect(ticksOf("cpu  1 2 x 4 5 6 7 8\n")).toEqual({ ticks: 0, stolenTicks: 0 });
  expect(ticksOf("cpu  1 2\n")).toEqual({ ticks: 0, stolenTicks: 0 });
});

test("the steal share is stolen ticks over all ticks in between", () => {
  const before = { load: 0.5, ticks: 1000, stolenTicks: 10 };
  expect(conditionsBetween(before, { load: 1, ticks: 1100, stolenTicks: 15 })).toEqual({
    loadBefore: 0.5,
    loadAfter: 1,
    stealShare: 0.05,
  });
  expect(conditionsBetween(before, before).stealShare).toBe(0);
});

test("this machine's counters do not run backwards", () => {
  const before = machineConditions();
  const after = machineConditions();
  expect(before.ticks).toBeGreaterThan(0);
  expect(after.ticks).toBeGreaterThanOrEqual(before.ticks);
});
