import { expect, test } from "vitest";
import { billOfTimedRun, findingOf } from "../fixtures/timed-run.ts";
import type { CrossingTax } from "../recording.ts";
import { boundaryTax } from "./boundary-tax.ts";

const count = 100_003;
const mechanisms = { "seccomp-tax": 60, "ptrace-tax": 14_000 };
function found(taxes: CrossingTax[], otherNs = 0, userNs = 1000, measured = true) {
  const calls = [{ syscall: "getppid", kind: "none" as const, count, ns: 170, otherNs }];
  const priced = measured ? { mechanisms } : {};
  const bill = billOfTimedRun({ calls, userNs, processes: [{ taxes }], ...priced });
  return findingOf(bill, boundaryTax.code);
}

test("a filter: its measured price for every crossing, doubled at most", () => {
  const finding = found(["seccomp"]);
  expect(finding?.saving.likelyNs).toBeCloseTo(count * 60, -1);
  expect(finding?.saving.highNs).toBeCloseTo(count * 120, -1);
  expect(finding?.title).toBe("every crossing is lengthened by seccomp");
  expect(finding?.evidence).toEqual({ crossings: count, taxes: "seccomp" });
});

test("a tracer: the program stands still meanwhile", () => {
  expect(found(["ptrace"], 14_000)?.saving.likelyNs).toBeCloseTo(count * 14_000, -1);
});

test("without a measured price a filter is a guess in null system calls", () => {
  expect(found(["audit"], 0, 1000, false)?.saving.likelyNs).toBeCloseTo(count * 80, -1);
  expect(found(["ptrace"], 14_000, 1000, false)?.saving.lowNs).toBeCloseTo(count * 3000, -1);
});

test("it is silent without a tax, and when crossings are a small part of the run", () => {
  expect(found([])).toBeNull();
  expect(found(["seccomp"], 0, 1e9)).toBeNull();
});
