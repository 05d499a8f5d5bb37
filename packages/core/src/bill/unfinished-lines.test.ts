/** Calls that did not return: their waiting in a line, by its reason. */
import { expect, test } from "vitest";
import { makeBill } from "../bill.ts";
import { line, prices, process, recording } from "../fixtures/recordings.ts";
import { groupLines } from "./group-lines.ts";

const ms = 1e6;

test("what a call waits for that did not return is billed by its reason, in its line", () => {
  const bill = makeBill(
    recording({
      processes: [process({ wallNs: 10 * ms, unfinishedWait: { ioNs: 0, otherNs: 1 * ms } })],
      lines: [
        line({
          syscall: "futex",
          kind: "none",
          count: 0,
          unfinished: 4,
          wait: { ioNs: 0, otherNs: 5 * ms },
        }),
        line({ syscall: "read", kind: "pipe", count: 7, wait: { ioNs: 0, otherNs: 1 * ms } }),
        line({
          syscall: "read",
          kind: "pipe",
          count: 0,
          unfinished: 1,
          wait: { ioNs: 0, otherNs: 3 * ms },
        }),
      ],
      unfinished: [
        { syscall: "futex", count: 4 },
        { syscall: "read", count: 1 },
      ],
    }),
    prices(),
  );
  expect(bill.lines.map((row) => [row.syscall, row.count, row.unfinished, row.waits])).toEqual([
    ["futex", 0, 4, { lock: 5 * ms }],
    ["read", 7, 1, { pipe: 4 * ms }],
  ]);
  const groups = groupLines(bill, "syscall");
  expect(groups.map((group) => [group.syscall, group.count, group.unfinished])).toEqual([
    ["futex", 0, 4],
    ["read", 7, 1],
  ]);
  expect(bill.time.waitNs).toMatchObject({ lock: 5 * ms, pipe: 4 * ms, other: 1 * ms });
  expect(bill.unfinished.waitNs).toBe(1 * ms);
  expect(bill.time.residualNs).toBe(0);
});
