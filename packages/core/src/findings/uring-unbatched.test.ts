import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { uringUnbatched } from "./uring-unbatched.ts";

const operations = 100_003;
const mechanisms = { "uring-enter": 300, "uring-entry": 60 };
function found(enters: number, userNs = 1000, mechanismsKnown = true) {
  const calls: TimedCalls[] = [
    { syscall: "io_uring_enter", kind: "io_uring", on: "[io_uring]", count: enters, ns: 1000 },
  ];
  const counts = { submitted: operations, completed: operations, errors: 0, bytes: operations };
  const fields = { uring: [{ process: 0, opcode: "READ", ...counts }] };
  const priced = mechanismsKnown ? { mechanisms } : {};
  return findingOf(billOfTimedRun({ calls, userNs, fields, ...priced }), uringUnbatched.code);
}

test("one entry for each operation: between an entry alone and all that is not the operation", () => {
  const finding = found(operations);
  const spared = operations - Math.ceil(operations / 32);
  // An operation: 60, and of a read of one byte 300.1 less the crossing of 100.
  expect(finding?.saving.lowNs).toBeCloseTo(spared * 300, -2);
  expect(finding?.saving.highNs).toBeCloseTo(spared * (1000 - 60 - 200.1), -2);
  expect(finding?.evidence).toMatchObject({ enters: operations, operations });
});

test("without the machine's profile an entry is priced by null system calls", () => {
  const spared = operations - Math.ceil(operations / 32);
  expect(found(operations, 1000, false)?.saving.lowNs).toBeCloseTo(spared * 200, -2);
});

test("it is silent when many operations are handed over at a time, or few in all", () => {
  expect(found(Math.ceil(operations / 64))).toBeNull();
  expect(found(operations, 160e9)).toBeNull();
});

test("it is silent when most entries only wait", () => {
  expect(found(operations * 5)).toBeNull();
});
