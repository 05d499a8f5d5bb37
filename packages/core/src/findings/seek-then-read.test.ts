import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { seekThenRead } from "./seek-then-read.ts";

const count = 100_003;
const on = "/data/records";
const seeks: TimedCalls = { syscall: "lseek", count, ns: 150, on };
const reads: TimedCalls = { syscall: "read", count, ns: 450, bytes: count * 64, on };
const found = (calls: TimedCalls[], userNs = 1000) =>
  findingOf(billOfTimedRun({ calls, userNs }), seekThenRead.code);

test("a seek before each read: the saving is what the seeks cost", () => {
  const finding = found([seeks, reads]);
  expect(finding?.saving.likelyNs).toBeCloseTo(count * 150, 0);
  expect(finding?.evidence).toMatchObject({ seeks: count, pairs: count });
  expect(finding).toMatchObject({ trial: "replay", syscalls: ["lseek", "read"], subject: on });
});

test("no more seeks are counted than there are reads and writes to spare them", () => {
  const writes = { ...reads, syscall: "write", count: 20_011 };
  expect(found([seeks, { ...reads, count: 30_011 }, writes])?.evidence).toMatchObject({
    pairs: 50_022,
  });
});

test.each<[string, TimedCalls[]]>([
  ["seeks on another file", [{ ...seeks, on: "/data/other" }, reads]],
  ["its fixed twin", [{ ...reads, syscall: "pread64" }]],
  ["a few seeks", [{ ...seeks, count: 97 }, reads]],
])("it is silent for %s", (_, calls) => {
  expect(found(calls)).toBeNull();
});

test("it is silent when the calls are a small part of the run", () => {
  expect(
    found(
      [
        { ...seeks, count: 907 },
        { ...reads, count: 907 },
      ],
      160e6,
    ),
  ).toBeNull();
});
