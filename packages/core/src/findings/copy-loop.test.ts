import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { copyLoop } from "./copy-loop.ts";

const count = 10_007;
const bytes = count * 4096;
const reads: TimedCalls = {
  ...{ syscall: "read", count, ns: 900, bytes, on: "/data/from" },
  ...{ positioned: count, sequential: count },
};
const writes: TimedCalls = { ...reads, syscall: "write", ns: 3000, on: "/data/to" };
const mechanisms = { "copy-file-range-64KiB": 3500, "pipe-64KiB": 11_000 };
const found = (calls: TimedCalls[], userNs = 1000) =>
  findingOf(billOfTimedRun({ calls, userNs, mechanisms }), copyLoop.code);

test("a file copied page by page: the saving is what the calls cost, less copy_file_range", () => {
  const finding = found([reads, writes]);
  const after = (bytes / 65_536) * 3500 + bytes * 0.1;
  expect(finding?.saving.likelyNs).toBeCloseTo(count * 3900 - after, 0);
  expect(finding?.evidence).toMatchObject({
    from: "/data/from",
    to: "/data/to",
    averageBytes: 4096,
  });
  expect(finding).toMatchObject({ trial: "replay", syscalls: ["read", "write"] });
});

test("into a pipe pages are handed on, not copied", () => {
  const { kind, ...toPipe } = { ...writes, kind: "pipe" as const, on: "pipe:[7]" };
  const pipe = found([reads, { ...toPipe, kind, positioned: 0, sequential: 0 }]);
  const after = (bytes / 65_536) * 11_000 * 0.3;
  expect(pipe?.saving.likelyNs).toBeCloseTo(count * 3900 - after, 0);
});

test.each<[string, TimedCalls[]]>([
  ["other bytes than came in", [reads, { ...writes, bytes: bytes / 2 }]],
  ["a file changed in place", [reads, { ...writes, on: "/data/from" }]],
  ["a copy to a device", [reads, { ...writes, kind: "char", on: "/dev/null" }]],
  ["its fixed twin", [{ syscall: "copy_file_range", count: 2, ns: 2e6, bytes, on: "/data/to" }]],
])("it is silent for %s", (_, calls) => {
  expect(found(calls)).toBeNull();
});

test("it is silent when the program does more with the bytes than to copy them", () => {
  expect(found([reads, writes], 60e6)).toBeNull();
});
