import type { BillLine } from "@crossbill/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { billOfTimedRun, type TimedCalls } from "../../core/src/fixtures/timed-run.ts";
import { shapedAccesses } from "./shaped-accesses.ts";

const linesOf = (...calls: Omit<TimedCalls, "ns" | "on">[]): BillLine[] =>
  billOfTimedRun({
    calls: calls.map((one) => ({ ...one, ns: 400, on: "/data/words" })),
    userNs: 0,
  }).lines;

test("reads go on where the one before ended, and begin anew at the end of the file", () => {
  const count = 211;
  const lines = linesOf({
    syscall: "read",
    count,
    bytes: count * 100,
    positioned: count,
    sequential: count,
  });
  const accesses = shapedAccesses(lines, 1000, 1e6);
  expect(accesses).toHaveLength(count);
  expect(accesses.slice(0, 11).map(({ offset }) => offset)).toEqual([
    ...Array.from({ length: 10 }, (_, at) => at * 100),
    0,
  ]);
});

test("each seek is before a read, which is made where it led", () => {
  const lines = linesOf(
    { syscall: "lseek", count: 503 },
    { syscall: "read", count: 503, bytes: 50_300, positioned: 503, sequential: 0 },
  );
  const accesses = shapedAccesses(lines, 100_000, 1e6);
  const seeks = accesses.flatMap((access, at) => (access.operation === "seek" ? [at] : []));
  expect(seeks).toHaveLength(503);
  for (const at of seeks.slice(0, -1)) {
    expect(accesses[at + 1]).toMatchObject({ operation: "read", offset: accesses[at]?.offset });
  }
});

test("as many calls of each kind as there were, inside the file, up to the most asked for", () => {
  const counts = fc.integer({ min: 1, max: 500 });
  fc.assert(
    fc.property(
      counts,
      counts,
      fc.integer({ min: 1, max: 5000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 1e6 }),
      (reads, seeks, size, share, fileBytes) => {
        const sequential = Math.round(reads * share);
        const lines = linesOf(
          { syscall: "pread64", count: reads, bytes: reads * size, positioned: reads, sequential },
          { syscall: "lseek", count: seeks },
        );
        const accesses = shapedAccesses(lines, fileBytes, 1e6);
        const made = accesses.filter(({ operation }) => operation === "pread");
        expect([made.length, accesses.length - made.length]).toEqual([reads, seeks]);
        for (const { offset, moved, asked } of accesses) {
          expect(offset).toBeGreaterThanOrEqual(0);
          expect(offset + moved).toBeLessThanOrEqual(fileBytes);
          expect(moved).toBeLessThanOrEqual(asked);
        }
        expect(shapedAccesses(lines, fileBytes, 7)).toEqual(accesses.slice(0, 7));
      },
    ),
  );
});
