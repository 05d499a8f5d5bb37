import { expect, test } from "vitest";
import { deriveRecorderPrice, type RecorderMeasurement } from "./recorder-price.ts";

function group(
  round: number,
  bare: number,
  recorded: number,
  seen: RecorderMeasurement["seen"],
): RecorderMeasurement[] {
  // Bare, all of the time is the program's own; recorded, a recorder that stops it has a share.
  return [
    { mode: "bare", round, nsPerCall: bare, cpuNsPerCall: bare, seen: null },
    { mode: "ptrace", round, nsPerCall: recorded, cpuNsPerCall: recorded - 50, seen },
  ];
}
const seen = (onCpuNs: number): RecorderMeasurement["seen"] => ({ onCpuNs, waitNs: 7 });

test("the overhead is the difference within each group, so a slow round does not count as one", () => {
  const groups = [
    group(0, 150, 370, seen(90)),
    group(1, 300, 520, seen(95)),
    group(2, 140, 360, seen(85)),
  ].flat();
  expect(deriveRecorderPrice("ptrace", groups)).toEqual({
    overheadNsPerCrossing: { low: 220, likely: 220, high: 220 },
    onCpuNsPerCrossing: { low: 170, likely: 170, high: 170 },
    windowFloorNs: { low: 85.25, likely: 90, high: 94.75 },
    waitFloorNs: { low: 7, likely: 7, high: 7 },
  });
});

test("without exact timing there is no window, hence no floor", () => {
  const price = deriveRecorderPrice("ptrace", group(0, 150, 250, null));
  expect(price?.windowFloorNs).toEqual({ low: 0, likely: 0, high: 0 });
  expect(price?.waitFloorNs).toEqual({ low: 0, likely: 0, high: 0 });
});

test("a recorder that never ran has no price, and a round without its bare half does not count", () => {
  expect(deriveRecorderPrice("ebpfExact", group(0, 150, 370, seen(90)))).toBeNull();
  const torn = [...group(0, 150, 370, seen(90)), ...group(1, 150, 9999, seen(90)).slice(1)];
  expect(deriveRecorderPrice("ptrace", torn)?.overheadNsPerCrossing.high).toBe(220);
});

test("noise that makes the recorded run cheaper is cut at zero", () => {
  const price = deriveRecorderPrice("ptrace", group(0, 150, 140, seen(90)));
  expect(price?.overheadNsPerCrossing).toEqual({ low: 0, likely: 0, high: 0 });
});
