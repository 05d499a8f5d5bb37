import { expect, test } from "vitest";
import { deriveRecorderPrice, type RecorderMeasurement } from "./recorder-price.ts";

function group(
  round: number,
  bare: number,
  recorded: number,
  seen: number | null,
): RecorderMeasurement[] {
  return [
    { mode: "bare", round, nsPerCall: bare, seenNsPerCall: null },
    { mode: "ebpfExact", round, nsPerCall: recorded, seenNsPerCall: seen },
  ];
}

test("the overhead is the difference within each group, so a slow round does not count as one", () => {
  const groups = [group(0, 150, 370, 90), group(1, 300, 520, 95), group(2, 140, 360, 85)].flat();
  expect(deriveRecorderPrice("ebpfExact", groups)).toEqual({
    overheadNsPerCrossing: { low: 220, likely: 220, high: 220 },
    windowFloorNs: { low: 85.25, likely: 90, high: 94.75 },
  });
});

test("without exact timing there is no window, hence no floor", () => {
  const price = deriveRecorderPrice("ebpfExact", group(0, 150, 250, null));
  expect(price?.windowFloorNs).toEqual({ low: 0, likely: 0, high: 0 });
});

test("a recorder that never ran has no price, and a round without its bare half does not count", () => {
  expect(deriveRecorderPrice("ptrace", group(0, 150, 370, 90))).toBeNull();
  const torn = [...group(0, 150, 370, 90), ...group(1, 150, 9999, 90).slice(1)];
  expect(deriveRecorderPrice("ebpfExact", torn)?.overheadNsPerCrossing.high).toBe(220);
});

test("noise that makes the recorded run cheaper is cut at zero", () => {
  const price = deriveRecorderPrice("ebpfExact", group(0, 150, 140, 90));
  expect(price?.overheadNsPerCrossing).toEqual({ low: 0, likely: 0, high: 0 });
});
