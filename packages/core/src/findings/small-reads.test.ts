import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { smallReads } from "./small-reads.ts";

const count = 100_003;
const reads: TimedCalls = {
  ...{ syscall: "read", count, ns: 400, bytes: count, on: "/data/words" },
  ...{ positioned: count, sequential: count },
};
const found = (calls: TimedCalls[], userNs = 1000) =>
  findingOf(billOfTimedRun({ calls, userNs }), smallReads.code);

test("a file read byte by byte: the saving is what the calls cost, less a few large reads", () => {
  const finding = found([reads]);
  // 2 reads of 64 KiB and one at the end: 300 each, 0.1 a byte; the user code is spared all it has, 1000.
  const after = 3 * 300 + count * 0.1 - 1000;
  expect(finding?.saving.likelyNs).toBeCloseTo(count * 400 - after, 0);
  expect(finding?.saving.likelyShare).toBeGreaterThan(0.9);
  expect(finding?.boundShare).toBeCloseTo(1, 2);
  expect(finding).toMatchObject({ trial: "replay", subject: "/data/words", program: "example" });
  expect(finding?.evidence).toMatchObject({ calls: count, averageBytes: 1, callsAfter: 3 });
});

test("a pipe read byte by byte is found too", () => {
  expect(
    found([{ ...reads, kind: "pipe", on: "pipe:[7]", positioned: 0, sequential: 0 }]),
  ).not.toBeNull();
});

test("a file that is opened for each record keeps a call for each opening", () => {
  const closes = { syscall: "close", count: 50_001, ns: 100, on: "/data/words" };
  expect(found([reads, closes])?.evidence).toMatchObject({ callsAfter: 50_003 });
});

test.each<[string, TimedCalls[]]>([
  ["reads of 64 KiB", [{ ...reads, bytes: count * 65_536 }]],
  ["reads that ask for more than there is", [{ ...reads, requestedBytes: count * 4096 }]],
  ["reads at scattered places", [{ ...reads, sequential: 3 }]],
  ["reads from a socket", [{ ...reads, kind: "tcp", positioned: 0, sequential: 0 }]],
  ["reads from a terminal", [{ ...reads, kind: "terminal", positioned: 0, sequential: 0 }]],
  ["reads after seeks", [reads, { syscall: "lseek", count, ns: 150, on: "/data/words" }]],
  ["a copy", [reads, { ...reads, syscall: "write", on: "/data/copy" }]],
  [
    "its fixed twin",
    [{ ...reads, count: 17, bytes: 1_000_003, ns: 9000, sequential: 17, positioned: 17 }],
  ],
])("it is silent for %s", (_, calls) => {
  expect(found(calls)).toBeNull();
});

test("it is silent when the calls are a small part of the run", () => {
  expect(found([{ ...reads, count: 907, bytes: 907 }], 160e6)).toBeNull();
});
