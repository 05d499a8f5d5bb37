import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { contiguousPreads } from "./contiguous-preads.ts";

const count = 100_003;
const bytes = count * 64;
const reads: TimedCalls = {
  ...{ syscall: "pread64", count, ns: 450, bytes, on: "/data/records" },
  ...{ positioned: count, sequential: count },
};
const found = (calls: TimedCalls[], userNs = 1000) =>
  findingOf(billOfTimedRun({ calls, userNs }), contiguousPreads.code);

test("records read in order: the saving is what the calls cost, less preads of 64 KiB", () => {
  const finding = found([reads]);
  const callsAfter = Math.ceil(bytes / 65_536) + 1;
  const after = callsAfter * 300 + bytes * 0.1 - 1000;
  expect(finding?.saving.likelyNs).toBeCloseTo(count * 450 - after, 0);
  expect(finding).toMatchObject({ trial: "replay", subject: "/data/records" });
});

test.each<[string, TimedCalls[]]>([
  ["reads of 64 KiB", [{ ...reads, bytes: count * 65_536 }]],
  ["reads at scattered places", [{ ...reads, sequential: 3 }]],
  ["reads that move the position", [{ ...reads, syscall: "read" }]],
  ["its fixed twin", [{ ...reads, count: 98, positioned: 98, sequential: 98, ns: 7000 }]],
])("it is silent for %s", (_, calls) => {
  expect(found(calls)).toBeNull();
});

test("it is silent when the calls are a small part of the run", () => {
  expect(found([{ ...reads, count: 907, bytes: 907 }], 160e6)).toBeNull();
});
