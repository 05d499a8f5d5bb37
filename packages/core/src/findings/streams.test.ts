import * as fc from "fast-check";
import { expect, test } from "vitest";
import { billOfTimedRun } from "../fixtures/timed-run.ts";
import { Evidence } from "./evidence.ts";
import { callsBeside, isScattered, isStream } from "./streams.ts";

test("calls beside a line are those of the same process on the same target", () => {
  const calls = [
    { syscall: "read", count: 11, ns: 200, on: "/a" },
    { syscall: "lseek", count: 7, ns: 200, on: "/a" },
    { syscall: "lseek", count: 5, ns: 200, on: "/b" },
    { syscall: "lseek", count: 3, ns: 200, on: "/a", process: 1 },
    { syscall: "lseek", count: 2, ns: 200, on: "/a", kind: "memfd" as const },
  ];
  const bill = billOfTimedRun({ calls, userNs: 1, processes: [{}, {}] });
  const [program] = new Evidence(bill).programs;
  const reads = program?.lines.find(({ syscall }) => syscall === "read");
  if (program === undefined || reads === undefined) throw new Error("no line of reads");
  expect(callsBeside(program, reads, ["lseek"])).toBe(7);
  expect(callsBeside(program, reads, ["lseek", "read"])).toBe(18);
});

test("a line of a file is either a stream or scattered", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.nat(1000), (positioned, most) => {
      const sequential = Math.min(positioned, most);
      const calls = [
        { syscall: "read", count: positioned, ns: 200, on: "/a", positioned, sequential },
      ];
      const [line] = billOfTimedRun({ calls, userNs: 1 }).lines;
      if (line === undefined) throw new Error("no line");
      expect(isStream(line)).toBe(!isScattered(line));
    }),
  );
});
