import { expect, test } from "vitest";
import {
  billOfTimedRun,
  findingOf,
  type TimedCalls,
  type TimedRun,
} from "../fixtures/timed-run.ts";
import { faultStorm } from "./fault-storm.ts";

const faultNs = 1000;
const faults = 200_003;
const brk: TimedCalls = { syscall: "brk", count: 4001, ns: 20_000, kind: "none" };
const anonymous: NonNullable<TimedRun["processes"]> = [
  { minorFaults: faults, faultKinds: { anonymous: faults, file: 0, other: 0 } },
];
const found = (calls: TimedCalls[], processes = anonymous, userNs = 1000) =>
  findingOf(billOfTimedRun({ calls, userNs, faultNs, processes }), faultStorm.code);

test("memory given back and taken again: the saving is the faults and the giving back", () => {
  const finding = found([brk]);
  // 18.8 us a call beyond that of a growing heap free 94 pages: all that were faulted in.
  expect(finding?.saving.likelyNs).toBeCloseTo(0.95 * (faults * faultNs + 4001 * 20_000), -1);
  expect(finding?.evidence).toMatchObject({ faults, givingBack: 4001 });
  expect(finding).toMatchObject({ trial: null, syscalls: ["brk"] });
});

test.each<[string, TimedCalls[], TimedRun["processes"]]>([
  ["a heap that only grows", [{ ...brk, ns: 900 }], anonymous],
  ["faults of unknown kind", [brk], [{ minorFaults: faults }]],
  [
    "faults of files",
    [brk],
    [{ minorFaults: faults, faultKinds: { anonymous: 0, file: faults, other: 0 } }],
  ],
  [
    "its fixed twin",
    [{ ...brk, count: 173, ns: 900 }],
    [{ minorFaults: 8192, faultKinds: { anonymous: 8192, file: 0, other: 0 } }],
  ],
])("it is silent for %s", (_, calls, processes) => {
  expect(found(calls, processes)).toBeNull();
});

test("it is silent when the faults are a small part of the run", () => {
  expect(found([brk], anonymous, 160e9)).toBeNull();
});
