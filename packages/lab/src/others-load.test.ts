import { expect, test } from "vitest";
import { cpuUse, cpuUseOf, othersCpus, tracerPid } from "./others-load.ts";

const stat =
  "cpu  10 0 10 60 10 5 5 20 3 0\ncpu0 5 0 5 30 5 3 2 10 3 0\ncpu1 5 0 5 30 5 2 3 10 0 0\n";
const self = `7 (a) b) R 1 7 7 0 -1 4194304 1 2 3 4 1 2 3 4 20 0 11 0 100\n`;

test("busy ticks are those in which something ran, own ticks those of us and our children", () => {
  expect(cpuUseOf(stat, self)).toEqual({ cpus: 2, ticks: 120, busyTicks: 30, ownTicks: 10 });
});

test("broken files give no ticks", () => {
  const nothing = { cpus: 0, ticks: 0, busyTicks: 0, ownTicks: 0 };
  expect(cpuUseOf("", self)).toEqual(nothing);
  expect(cpuUseOf(stat, "")).toEqual(nothing);
  expect(cpuUseOf("cpu  1 2 x 4 5 6 7 8\n", self)).toEqual(nothing);
});

test("what others used is what ran less our own, in CPUs", () => {
  const before = { cpus: 2, ticks: 1000, busyTicks: 500, ownTicks: 100 };
  const after = { cpus: 2, ticks: 1400, busyTicks: 800, ownTicks: 200 };
  expect(othersCpus(before, after)).toBe(1);
  expect(othersCpus(before, { ...after, ownTicks: 900 })).toBe(0);
  expect(othersCpus(before, before)).toBe(0);
  expect(othersCpus(cpuUse(), cpuUse())).toBeGreaterThanOrEqual(0);
});

test("a tracer is named, none is null", () => {
  expect(tracerPid("Name:\tx\nTracerPid:\t4711\nUid:\t0\n")).toBe(4711);
  expect(tracerPid("Name:\tx\nTracerPid:\t0\nUid:\t0\n")).toBeNull();
  expect(tracerPid("")).toBeNull();
});
