import { expect, test } from "vitest";
import {
  billOfTimedRun,
  findingOf,
  type TimedCalls,
  type TimedRun,
} from "../fixtures/timed-run.ts";
import { nodeReadFile } from "./node-read-file.ts";

const count = 401;
const bytes = count * 524_288;
const reads: TimedCalls = {
  ...{ syscall: "read", count, ns: 400_000, bytes, on: "/data/big" },
  ...{ positioned: count, sequential: count },
};
const pool: TimedCalls = {
  syscall: "write",
  count,
  ns: 900,
  bytes: 8,
  kind: "eventfd",
  on: "[eventfd]",
};
const node: NonNullable<TimedRun["processes"]> = [
  { comm: "node", exe: "/usr/bin/node", minorFaults: bytes / 4096 },
];
const found = (calls: TimedCalls[], processes = node, userNs = 1000) =>
  findingOf(billOfTimedRun({ calls, userNs, processes }), nodeReadFile.code);

test("a big file read as a whole: the saving is what the reads cost, less those into one buffer", () => {
  const finding = found([reads]);
  const after = (bytes / 131_072) * 300 + bytes * 0.1;
  expect(finding?.saving.likelyNs).toBeCloseTo(count * 400_000 - after, 0);
  expect(finding?.evidence).toMatchObject({ calls: count, averageBytes: 524_288 });
  expect(finding).toMatchObject({ trial: null, program: "node", subject: "/data/big" });
});

test("through the thread pool the hand-over of each piece goes too", () => {
  const alone = found([reads])?.saving.likelyNs ?? 0;
  expect(found([reads, pool])?.saving.likelyNs).toBeCloseTo(alone + count * 8 * 1500, 0);
});

test.each<[string, TimedCalls[], TimedRun["processes"]]>([
  ["other programs", [reads], [{ minorFaults: bytes / 4096 }]],
  ["a buffer that is reused", [reads], [{ ...node[0], minorFaults: 1009 }]],
  [
    "its fixed twin",
    [{ ...reads, count: 1604, positioned: 1604, sequential: 1604, ns: 15_000 }],
    node,
  ],
])("it is silent for %s", (_, calls, processes) => {
  expect(found(calls, processes)).toBeNull();
});

test("it is silent when the calls are a small part of the run", () => {
  expect(found([reads], node, 160e9)).toBeNull();
});
