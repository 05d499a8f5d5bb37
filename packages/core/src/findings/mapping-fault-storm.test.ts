import { expect, test } from "vitest";
import {
  billOfTimedRun,
  findingOf,
  type TimedCalls,
  type TimedRun,
} from "../fixtures/timed-run.ts";
import { mappingFaultStorm } from "./mapping-fault-storm.ts";

const faultNs = 1000;
const passes = 199;
const faults = passes * 241;
const sizeBytes = 16 << 20;
const mmap: TimedCalls = {
  ...{ syscall: "mmap", count: passes, ns: 3000, on: "/data/index", targetFields: { sizeBytes } },
};
const munmap: TimedCalls = { syscall: "munmap", count: passes, ns: 300_000, kind: "none" };
const ofFiles: NonNullable<TimedRun["processes"]> = [
  { minorFaults: faults, faultKinds: { anonymous: 0, file: faults, other: 0 } },
];
const found = (calls: TimedCalls[], processes = ofFiles, userNs = 1000) =>
  findingOf(billOfTimedRun({ calls, userNs, faultNs, processes }), mappingFaultStorm.code);

test("a file mapped for each pass: the saving is all but one of the mappings and their faults", () => {
  const finding = found([mmap, munmap]);
  // Priced faults map their neighbours too: one and a half times the calibrated one.
  const all = passes * 303_000 + faults * faultNs * 1.5;
  const most = passes * 303_000 + faults * faultNs;
  expect(finding?.saving.likelyNs).toBeGreaterThan((most * (passes - 1)) / passes - 1000);
  expect(finding?.saving.likelyNs).toBeLessThan(all);
  expect(finding?.evidence).toMatchObject({ mappings: passes, files: 1, faults });
  expect(finding).toMatchObject({ trial: null, subject: "/data/index" });
});

test.each<[string, TimedCalls[], TimedRun["processes"]]>([
  ["a file mapped once", [{ ...mmap, count: 1 }, munmap], ofFiles],
  ["libraries", [{ ...mmap, on: "/usr/lib/libc.so.6" }, munmap], ofFiles],
  ["faults of unknown kind", [mmap, munmap], [{ minorFaults: faults }]],
  [
    "its fixed twin",
    [{ ...mmap, count: 1 }],
    [{ minorFaults: 241, faultKinds: { anonymous: 0, file: 241, other: 0 } }],
  ],
])("it is silent for %s", (_, calls, processes) => {
  expect(found(calls, processes)).toBeNull();
});

test("it is silent when the faults are a small part of the run", () => {
  expect(found([mmap, munmap], ofFiles, 160e9)).toBeNull();
});
