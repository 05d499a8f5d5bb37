import * as fc from "fast-check";
import { expect, test } from "vitest";
import { amountAtLeast, parseAmount } from "./amount.ts";
import { quantityUnits } from "./quantity.ts";

test.each([
  ["40", "calls", 40],
  ["2.5", "calls", 2.5],
  ["3 ms", "ns", 3e6],
  ["1.5us", "ns", 1500],
  ["64 KiB", "bytes", 65_536],
  ["64", "bytes", 64],
  ["40", "ns", null],
  ["3 ms", "calls", null],
  ["-1", "calls", null],
  ["1e3", "calls", null],
  ["3 toString", "bytes", null],
  ["", "calls", null],
] as const)("%s of %s is %s", (text, unit, amount) => {
  expect(parseAmount(text, unit)).toBe(amount);
});

test.each([
  [57, "calls", "57"],
  [18.2341, "calls", "18.3"],
  [0.001234, "calls", "0.00124"],
  [1_234_567.5, "errors", "1240000"],
  [0, "calls", "0"],
  [2_995_001, "ns", "3 ms"],
  [999, "ns", "999 ns"],
  [0, "ns", "0 ns"],
] as const)("%s of %s is written as %s", (value, unit, text) => {
  expect(amountAtLeast(value, unit)).toBe(text);
});

test("what is written reads as no less, and as little more", () => {
  const values = fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e16, noNaN: true }));
  fc.assert(
    fc.property(values, fc.constantFrom(...quantityUnits), (value, unit) => {
      const read = parseAmount(amountAtLeast(value, unit), unit) ?? Number.NaN;
      expect(read).toBeGreaterThanOrEqual(value);
      expect(read).toBeLessThanOrEqual(value * 1.0101 + 2e-9);
    }),
  );
});
