import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import { syncPerRecord } from "./sync-per-record.ts";

const count = 211;
const on = "/data/journal";
const syncs: TimedCalls = { syscall: "fdatasync", count, ns: 20_000, diskNs: 300_000, on };
const writes: TimedCalls = { syscall: "write", count, ns: 900, bytes: count * 128, on };
const found = (calls: TimedCalls[], userNs = 1000) =>
  findingOf(billOfTimedRun({ calls, userNs, mechanisms: { fsync: 300_000 } }), syncPerRecord.code);

test("a sync for each record: groups of a hundred leave 3 of 211, waiting included", () => {
  const finding = found([syncs, writes]);
  expect(finding?.saving.likelyNs).toBeCloseTo((count - 3) * 320_000, 0);
  expect(finding?.saving.lowNs).toBeCloseTo((count - 22) * 320_000, 0);
  expect(finding?.evidence).toMatchObject({ syncs: count, recordsAtATime: 100 });
  expect(finding).toMatchObject({ trial: "replay", subject: on });
});

test("where ten writes share a sync already, a tenth of them is left", () => {
  const finding = found([syncs, { ...writes, count: count * 10 }]);
  expect(finding?.saving.likelyNs).toBeCloseTo((count - 22) * 320_000, 0);
});

test("a journal made and removed for each record goes with its syncs, reads from the disk do not", () => {
  const alone = found([syncs, writes])?.saving.likelyNs ?? 0;
  const unlinks = { syscall: "unlink", count, ns: 10_000, diskNs: 50_000, kind: "none" as const };
  const reads = { ...writes, syscall: "read", diskNs: 50_000 };
  expect(found([syncs, writes, unlinks, reads])?.saving.likelyNs).toBeCloseTo(
    alone + (count * 60_000) / 2,
    0,
  );
});

test("small writes that each wait for the disk are syncs themselves", () => {
  expect(found([{ ...writes, diskNs: 280_000 }])?.syscalls).toEqual(["write"]);
});

test.each<[string, TimedCalls[]]>([
  ["one sync at the end", [{ ...syncs, count: 1 }, writes]],
  ["its fixed twin", [{ ...syncs, count: 3 }, writes]],
  ["syncs of large pieces", [syncs, { ...writes, bytes: count * (1 << 20) }]],
  ["writes that wait now and then", [{ ...writes, diskNs: 20_000 }]],
])("it is silent for %s", (_, calls) => {
  expect(found(calls)).toBeNull();
});

test("it is silent when the calls are a small part of the run", () => {
  expect(found([syncs, writes], 160e8)).toBeNull();
});
