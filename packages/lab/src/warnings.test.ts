import { expect, test } from "vitest";
import { type CalibrationWarning, calibrationWarningText, disturbancesIn } from "./warnings.ts";

test("prices are disturbed by what makes all of them dearer, each reason once", () => {
  const everyCrossing = true;
  expect(
    disturbancesIn([
      { kind: "wide", price: "the null system call", spread: 0.75, everyCrossing },
      { kind: "crowded", othersCpus: 2, cpus: 2 },
      { kind: "busy", load: 3, cpus: 2 },
      { kind: "traced", by: 4711 },
    ]),
  ).toEqual(["busy", "wide", "traced"]);
  expect(
    disturbancesIn([
      { kind: "wide", price: "the context switch", spread: 0.75 },
      { kind: "hurried", rounds: 1, planned: 3 },
      { kind: "not-linear", mechanism: "getppid" },
    ]),
  ).toEqual([]);
});

test("every warning is one line that names what it is about", () => {
  const warnings: CalibrationWarning[] = [
    { kind: "impossible-order", cheaper: "a null system call", dearer: "a read of one byte" },
    { kind: "not-linear", mechanism: "getppid" },
    { kind: "wide", price: "the context switch", spread: 0.75 },
    { kind: "stolen", share: 0.12 },
    { kind: "busy", load: 3.25, cpus: 2 },
    { kind: "crowded", othersCpus: 1.75, cpus: 2 },
    { kind: "traced", by: 4711 },
    { kind: "hurried", rounds: 1, planned: 3 },
    { kind: "recorder", recorder: "ptrace", why: "not built" },
  ];
  const texts = warnings.map(calibrationWarningText);
  for (const text of texts) expect(text).not.toMatch(/\n/);
  expect(texts).toEqual([
    "a null system call came out dearer than a read of one byte: calibrate again when the machine is quiet",
    "getppid: twice the calls did not take twice the time",
    "the context switch varies by 75 % between processes",
    "the hypervisor took 12 % of the CPU time while measuring",
    "the machine was busy while measuring (load 3.3 on 2 CPUs)",
    "other programs kept 1.8 of 2 CPUs busy while measuring",
    "crossbill itself was traced while measuring (by process 4711)",
    "only 1 of 3 rounds fitted into the time",
    "the cost of the ptrace recorder is unknown: not built",
  ]);
});
