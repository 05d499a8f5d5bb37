import * as fc from "fast-check";
import { expect, test } from "vitest";
import { makeBill } from "./bill.ts";
import { UsageError } from "./errors.ts";
import { anyPrices, anyRecording } from "./fixtures/arbitrary.ts";
import { line, prices, process, recording } from "./fixtures/recordings.ts";
import { parseQuantity, quantityNames } from "./quantity.ts";

const bill = makeBill(
  recording({
    processes: [process({ minorFaults: 31, majorFaults: 3, voluntarySwitches: 5 })],
    lines: [
      line({ syscall: "openat", count: 7 }),
      line({ syscall: "openat", count: 11, error: "ENOENT" }),
      line({ syscall: "read", count: 13, bytes: 1300 }),
      line({ syscall: "write", count: 2, error: "EAGAIN", unfinished: 1 }),
    ],
    unfinished: [{ syscall: "write", count: 1 }],
  }),
  prices(),
);
const value = (name: string) => parseQuantity(name).read(bill).likely;

test.each([
  ["crossings", 34],
  ["syscalls", 34],
  ["errors", 13],
  ["ENOENT", 11],
  ["EPERM", 0],
  ["openat", 18],
  ["syscalls:openat", 18],
  ["read,write", 16],
  ["!read", 21],
  ["%file", 18],
  ["bytes", 1300],
  ["minor faults", 31],
  ["Minor-Faults", 31],
  ["faults", 34],
  ["voluntary switches", 5],
] as const)("%s is %s", (name, expected) => {
  expect(value(name)).toBe(expected);
});

test.each([
  ["crosings", "did you mean crossings?"],
  ["opneat", "did you mean openat?"],
  ["syscalls:opneat", "did you mean open"],
  ["ENOETN", "did you mean ENOENT?"],
  ["minor fault", "did you mean minor faults?"],
  ["toString", "did you mean"],
  ["", "must not hold an empty name"],
])("%s is refused with advice", (name, advice) => {
  expect(() => parseQuantity(name)).toThrow(UsageError);
  expect(failure(name)).toContain(advice);
});

function failure(name: string): string {
  try {
    parseQuantity(name);
  } catch (error) {
    if (error instanceof UsageError) return `${error.message}; ${error.remedy ?? ""}`;
  }
  return "";
}

test("lines weigh no more than the whole, and calls all of it that is itemised", () => {
  fc.assert(
    fc.property(anyRecording, anyPrices, (recorded, priced) => {
      const any = makeBill(recorded, priced);
      const weight = (name: string) =>
        any.lines.reduce((sum, row) => sum + parseQuantity(name).weigh(row), 0);
      for (const name of ["errors", "bytes", "waiting"]) {
        expect(weight(name)).toBeLessThanOrEqual(parseQuantity(name).read(any).likely);
      }
      for (const name of quantityNames) {
        const { low, likely, high } = parseQuantity(name).read(any);
        expect(low <= likely && likely <= high, name).toBe(true);
      }
    }),
    { numRuns: 100 },
  );
});
