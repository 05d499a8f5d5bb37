import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { scatteredReads } from "./scattered-reads.ts";

const count = 100_003;
const sizeBytes = 16 << 20;
const reads: TimedCalls = {
  ...{ syscall: "pread64", count, ns: 700, bytes: count * 64, on: "/data/index" },
  ...{ positioned: count, sequential: 11, targetFields: { sizeBytes } },
};
const found = (calls: TimedCalls[], userNs = 1000) =>
  findingOf(billOfTimedRun({ calls, userNs, faultNs: 1000 }), scatteredReads.code);

test("scattered reads of a warm file: the saving is what they cost, less copies from a mapping", () => {
  const finding = found([reads]);
  // 0.1 a byte, 5 % of a crossing less for each place, a fault and a half for each 64 KiB of the file.
  const after = count * 64 * 0.1 - count * 5 + (sizeBytes / 65_536) * 1500;
  expect(finding?.saving.likelyNs).toBeCloseTo(count * 700 - after, 0);
  expect(finding).toMatchObject({ trial: "replay", subject: "/data/index" });
});

test("a file of unknown size is mapped by a fault for each place", () => {
  const known = found([reads])?.saving.likelyNs ?? 0;
  const unknown = found([{ ...reads, ns: 30_000, targetFields: {} }])?.saving.likelyNs ?? 0;
  expect(unknown).toBeGreaterThan(0);
  expect(unknown).toBeLessThan(known + count * 29_300 - count * 1400);
});

test("a file that was empty when its name was learnt has no known size", () => {
  const grown = found([{ ...reads, ns: 30_000, targetFields: { sizeBytes: 0 } }]);
  expect(grown).toEqual(found([{ ...reads, ns: 30_000, targetFields: {} }]));
  expect(grown).not.toBeNull();
});

test("scattered reads of a cold file: many at a time spare waiting, and the advice says so", () => {
  const finding = found([{ ...reads, count: 907, positioned: 907, sequential: 0, diskNs: 80_000 }]);
  expect(finding?.title).toBe("scattered reads, one at a time, from a disk");
  expect(finding?.saving.likelyShare).toBeGreaterThan(0.5);
  expect(finding?.saving.likelyShare).toBeLessThan(0.7);
});

test.each<[string, TimedCalls[]]>([
  ["reads in order", [{ ...reads, sequential: count }]],
  ["reads of the whole file each", [{ ...reads, targetFields: { sizeBytes: 64 } }]],
  [
    "reads after seeks",
    [
      { ...reads, syscall: "read" },
      { syscall: "lseek", count, ns: 150, on: "/data/index" },
    ],
  ],
  ["its fixed twin", [{ syscall: "mmap", count: 1, ns: 3000, on: "/data/index" }]],
])("it is silent for %s", (_, calls) => {
  expect(found(calls)).toBeNull();
});

test("it is silent when the calls are a small part of the run", () => {
  expect(found([{ ...reads, count: 907, bytes: 907 }], 160e6)).toBeNull();
});
