/** The bill: identities that hold for every recording, and the accounting of known ones. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { groupLines } from "./bill/group-lines.ts";
import { selectCalls } from "./bill/select-calls.ts";
import { type Bill, type BillTime, billSchema } from "./bill/shape.ts";
import { makeBill } from "./bill.ts";
import { anyPrices, anyRecording } from "./fixtures/arbitrary.ts";
import { line, prices, process, recording } from "./fixtures/recordings.ts";

const waited = (time: BillTime) => Object.values(time.waitNs).reduce((sum, ns) => sum + ns, 0);
const partsOf = (time: BillTime) =>
  time.userNs +
  time.boundaryNs +
  time.kernelNs +
  waited(time) +
  time.faultNs +
  time.runQueueNs +
  time.residualNs;
const sum = <T>(items: readonly T[], of: (item: T) => number) =>
  items.reduce((total, item) => total + of(item), 0);
const costs = ["count", "boundaryNs", "kernelNs", "waitNs"] as const;

function holds(check: (bill: Bill) => void): void {
  fc.assert(
    fc.property(anyRecording, anyPrices, (recorded, priced) => check(makeBill(recorded, priced))),
    { numRuns: 300 },
  );
}

test("the parts of every time add up to its wall time, to the nanosecond", () => {
  holds((bill) => {
    for (const time of [bill.time, ...bill.processes.map((row) => row.time)]) {
      expect(partsOf(time)).toBe(time.wallNs);
    }
    expect(bill.time.wallNs).toBe(bill.time.measuredWallNs - bill.audit.overheadNs);
  });
});

test("every bill has the shape it promises, so no time but the residual is negative", () => {
  holds((bill) => {
    expect(billSchema.safeParse(bill).error).toBeUndefined();
  });
});

test("system calls are the sum of lines, calls not itemised and calls unfinished", () => {
  holds((bill) => {
    for (const cost of costs) {
      const parts = sum(bill.lines, (row) => row[cost]) + sum(bill.notItemised, (row) => row[cost]);
      const unfinished = cost === "count" ? sum(bill.unfinished.calls, (row) => row.count) : 0;
      expect(sum(bill.syscalls, (row) => row[cost])).toBe(parts + unfinished);
    }
  });
});

test("system calls and unfinished calls are the totals of the time they bill", () => {
  holds((bill) => {
    expect(sum(bill.syscalls, (row) => row.boundaryNs)).toBe(bill.time.boundaryNs);
    const kernelNs = sum(bill.syscalls, (row) => row.kernelNs) + bill.unfinished.kernelNs;
    expect(kernelNs).toBe(bill.time.kernelNs);
    const waitNs = sum(bill.syscalls, (row) => row.waitNs) + bill.unfinished.waitNs;
    expect(waitNs).toBe(waited(bill.time));
    expect(bill.faults.minor.ns + bill.faults.major.ns).toBe(bill.time.faultNs);
  });
});

test("errors of system calls are those of the lines", () => {
  holds((bill) => {
    const failed = (rows: readonly { errors: Record<string, number> }[]) =>
      sum(rows, ({ errors }) => sum(Object.values(errors), (count) => count));
    expect(failed(bill.syscalls)).toBe(failed(bill.lines) + failed(bill.notItemised));
  });
});

test("intervals hold what they are about", () => {
  holds((bill) => {
    const named = ["userNs", "boundaryNs", "kernelNs"] as const;
    const all = [
      ...named.map((name) => ({ interval: bill.intervals[name], value: bill.time[name] })),
      ...bill.lines.map((row) => ({ interval: row.intervals.kernelNs, value: row.kernelNs })),
    ];
    for (const { interval, value } of all) {
      expect(interval.likely).toBe(value);
      expect(interval.low).toBeLessThanOrEqual(value);
      expect(interval.high).toBeGreaterThanOrEqual(value);
    }
  });
});

test("groups add up to the lines and the calls not itemised", () => {
  holds((bill) => {
    for (const by of ["process", "syscall", "target"] as const) {
      const groups = groupLines(bill, by);
      for (const cost of costs) {
        const all = sum(bill.lines, (row) => row[cost]) + sum(bill.notItemised, (row) => row[cost]);
        expect(sum(groups, (group) => group[cost])).toBe(all);
      }
    }
  });
});

test("a selection keeps the totals and says what it leaves out", () => {
  holds((bill) => {
    const chosen = selectCalls(bill, new Set(["read", "futex"]));
    expect(chosen.time).toEqual(bill.time);
    for (const cost of ["boundaryNs", "kernelNs", "waitNs"] as const) {
      const kept = sum(chosen.syscalls, (row) => row[cost]);
      expect(kept + (chosen.leftOut?.[cost] ?? 0)).toBe(sum(bill.syscalls, (row) => row[cost]));
    }
    const again = selectCalls(chosen, new Set(["read"]));
    const count = sum(again.syscalls, (row) => row.count) + (again.leftOut?.crossings ?? 0);
    expect(count).toBe(sum(bill.syscalls, (row) => row.count));
    expect(again.lines.every((row) => row.syscall === "read")).toBe(true);
  });
});

test("sampled CPU time is split by samples, boundary and recorder taken from the kernel's share", () => {
  // 1,000 samples of 1 ms: 600 in calls; 1,000,000 crossings at 100 ns and 50 ns for the recorder.
  const bill = makeBill(
    recording({
      processes: [
        process({
          wallNs: 1_200e6,
          onCpuNs: 1_000e6,
          runQueueNs: 50e6,
          minorFaults: 1_000,
          samples: { user: 300, syscall: 600, fault: 100 },
        }),
      ],
      lines: [
        line({ syscall: "read", count: 600_000, samples: 400 }),
        line({ syscall: "write", count: 400_000, samples: 190, wait: { ioNs: 0, otherNs: 100e6 } }),
      ],
    }),
    prices({ nullSyscallNs: 100, overheadNs: 50 }),
  );
  expect(bill.time).toEqual({
    measuredWallNs: 1_200e6,
    wallNs: 1_150e6,
    userNs: 300e6,
    boundaryNs: 100e6,
    kernelNs: 450e6,
    waitNs: { disk: 100e6, network: 0, pipe: 0, lock: 0, timer: 0, child: 0, other: 0 },
    faultNs: 100e6,
    runQueueNs: 50e6,
    residualNs: 50e6,
  });
  expect(bill.faults.basis).toBe("sampled");
  expect(bill.audit.overheadNs).toBe(50e6);
  // 400 ms less 600,000 crossings at 150 ns, 190 ms less 400,000; 10 samples are in no line.
  expect(bill.syscalls.map((row) => [row.name, row.boundaryNs, row.kernelNs])).toEqual([
    ["read", 60e6, 310e6],
    ["write", 40e6, 130e6],
  ]);
  expect(bill.unfinished.kernelNs).toBe(10e6);
});
