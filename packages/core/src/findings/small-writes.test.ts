import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { smallWrites } from "./small-writes.ts";

const count = 100_003;
const bytes = count * 24;
const writes: TimedCalls = {
  ...{ syscall: "write", count, ns: 900, bytes, on: "/var/log/app" },
  ...{ positioned: count, sequential: count },
};
const mechanisms = { "write-byte": 700, "write-64KiB": 2000, "pipe-64KiB": 8000 };
const found = (calls: TimedCalls[], userNs = 1000) =>
  findingOf(billOfTimedRun({ calls, userNs, mechanisms }), smallWrites.code);
const to = (kind: TimedCalls["kind"], on: string): TimedCalls => ({
  ...writes,
  ...{ on, positioned: 0, sequential: 0, ...(kind === undefined ? {} : { kind }) },
});

test("a log written line by line: the saving is what the calls cost, less a few large writes", () => {
  const finding = found([writes]);
  const callsAfter = Math.ceil(bytes / 65_536) + 1;
  const after = callsAfter * 700 + (bytes / 65_536) * 2000 + bytes * 0.1 - 1000;
  expect(finding?.saving.likelyNs).toBeCloseTo(count * 900 - after, 0);
  expect(finding?.evidence).toMatchObject({ calls: count, averageBytes: 24, callsAfter });
  expect(finding).toMatchObject({ trial: "live", subject: "/var/log/app", syscalls: ["write"] });
});

test("without the machine's profile the figure comes from the bill's own prices", () => {
  const bill = billOfTimedRun({ calls: [writes], userNs: 1000 });
  expect(findingOf(bill, smallWrites.code)?.saving.likelyShare).toBeGreaterThan(0.9);
});

test("where an interpreter comes between, a call spares the user's code more", () => {
  const own = (exe: string) =>
    findingOf(
      billOfTimedRun({ calls: [writes], userNs: 60e6, mechanisms, processes: [{ exe }] }),
      smallWrites.code,
    )?.saving.likelyNs ?? 0;
  const calls = count - (Math.ceil(bytes / 65_536) + 1);
  // A crossing of 100 instead of 12 % of one.
  expect(own("/usr/bin/python3.11") - own("/usr/bin/app")).toBeCloseTo(calls * 88, 0);
});

test("what is said of a terminal leaves it the work that goes with the bytes", () => {
  const toFile = found([writes])?.saving.likelyShare ?? 0;
  const toTerminal = found([to("terminal", "/dev/pts/3")])?.saving.likelyShare ?? 0;
  expect(toTerminal).toBeGreaterThan(0.6);
  expect(toTerminal).toBeLessThan(toFile);
});

test.each<[string, TimedCalls]>([
  ["a pipe", to("pipe", "pipe:[7]")],
  ["a device", to("char", "/dev/null")],
])("%s written line by line is found too", (_, calls) => {
  expect(found([calls])).not.toBeNull();
});

test.each<[string, TimedCalls[]]>([
  ["writes of 64 KiB", [{ ...writes, bytes: count * 65_536 }]],
  ["messages on a socket", [to("unix", "unix:[7]")]],
  ["writes after seeks", [writes, { syscall: "lseek", count, ns: 150, on: "/var/log/app" }]],
  [
    "records made durable one by one",
    [writes, { syscall: "fdatasync", count, ns: 900, on: "/var/log/app" }],
  ],
  [
    "questions that are answered",
    [to("pipe", "pipe:[7]"), { ...to("pipe", "pipe:[8]"), syscall: "read", otherNs: 5000 }],
  ],
  ["a copy", [writes, { ...writes, syscall: "read", on: "/data/words" }]],
  ["its fixed twin", [{ ...writes, count: 37, sequential: 37, positioned: 37, ns: 8000 }]],
])("it is silent for %s", (_, calls) => {
  expect(found(calls)).toBeNull();
});

test("it is silent when the calls are a small part of the run", () => {
  expect(found([{ ...writes, count: 907, bytes: 907 }], 160e6)).toBeNull();
});
