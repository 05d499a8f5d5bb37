import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatBytes,
  formatCount,
  formatFigure,
  formatPercent,
  formatShare,
  formatTime,
} from "./numbers.ts";

test.each([
  [0, "0"],
  [1, "1.00 ns"],
  [999, "999 ns"],
  [999.9, "1.00 us"],
  [1234, "1.23 us"],
  [99_950, "100 us"],
  [-2_500_000, "-2.50 ms"],
  [3.6e12, "3600 s"],
])("%d ns is shown as %s", (ns, text) => {
  expect(formatTime(ns)).toBe(text);
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [4096, "4.00 KiB"],
  [1_048_576, "1.00 MiB"],
])("%d bytes are shown as %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test("counts stay exact", () => {
  expect(formatCount(1_234_567)).toBe("1,234,567");
});

test("a share that is there is never shown as nothing", () => {
  expect(formatShare(1, 1e9)).toBe("<0.1 %");
  expect(formatShare(0, 1e9)).toBe("0 %");
  expect(formatShare(1, 3)).toBe("33.3 %");
  expect(formatShare(5, 0)).toBe("");
});

test("any figure has three digits that matter", () => {
  const shown = [0, 0.034_812, 1.5, 12_345, -3, 2e-7, 5e12, Number.NaN].map(formatFigure);
  const expected = ["0", "0.0348", "1.5", "12,300", "-3", "2.00e-7", "5.00e+12", "unknown"];
  expect(shown).toEqual(expected);
  expect([null, 0, 1e-9, 0.0213, 2].map(formatPercent)).toEqual([
    "unknown",
    "0 %",
    "under 0.1 %",
    "2.13 %",
    "200 %",
  ]);
});

test("a time is shown with at least two digits that matter", () => {
  fc.assert(
    fc.property(fc.double({ min: 1, max: 1e15, noNaN: true }), (ns) => {
      const [number = "", unit = ""] = formatTime(ns).split(" ");
      const scale = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 }[unit] ?? 0;
      expect(Math.abs(Number(number) * scale - ns) / ns).toBeLessThan(0.01);
    }),
  );
});
