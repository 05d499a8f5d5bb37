import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { repeatedReads } from "./repeated-reads.ts";

const passes = 97;
const sizeBytes = 1 << 20;
const count = passes * 17;
const reads: TimedCalls = {
  ...{ syscall: "pread64", count, ns: 20_000, bytes: passes * sizeBytes, on: "/etc/words" },
  ...{ positioned: count, sequential: passes * 16, targetFields: { sizeBytes } },
};
const found = (calls: TimedCalls[], userNs = 1000) =>
  findingOf(billOfTimedRun({ calls, userNs }), repeatedReads.code);

test("a file read 97 times: the saving is what 96 of them cost, less dearer memory", () => {
  const finding = found([reads]);
  const now = count * 20_000;
  expect(finding?.saving.likelyNs).toBeCloseTo(
    now - now / passes - passes * sizeBytes * 0.1 * 0.1,
    -1,
  );
  expect(finding?.evidence).toMatchObject({ passes, fileBytes: sizeBytes });
  expect(finding).toMatchObject({ trial: "replay", subject: "/etc/words" });
});

test("a small file read whole by each call is found too, though no call goes on from another", () => {
  const calls = passes * 7;
  const small = { count: calls, bytes: calls * 4096, sequential: 0, positioned: calls };
  expect(found([{ ...reads, ...small, targetFields: { sizeBytes: 4096 } }])).not.toBeNull();
});

test.each<[string, TimedCalls[]]>([
  ["a file read once", [{ ...reads, bytes: sizeBytes }]],
  ["a file of unknown size", [{ ...reads, targetFields: {} }]],
  ["places all over a file", [{ ...reads, sequential: 0 }]],
  [
    "a file that it writes",
    [
      reads,
      {
        syscall: "write",
        count: 3,
        ns: 900,
        bytes: 99,
        on: "/etc/words",
        targetFields: { sizeBytes },
      },
    ],
  ],
  [
    "its fixed twin",
    [{ syscall: "mmap", count: 1, ns: 3000, on: "/etc/words", targetFields: { sizeBytes } }],
  ],
])("it is silent for %s", (_, calls) => {
  expect(found(calls)).toBeNull();
});

test("it is silent when the calls are a small part of the run", () => {
  expect(found([reads], 160e8)).toBeNull();
});
