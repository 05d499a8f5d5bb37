import { chmodSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LabReport, TopicReport } from "@crossbill/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { identifyMachine } from "./machine.ts";
import {
  loadLabReport,
  loadUnfinished,
  removeUnfinished,
  saveLabReport,
  saveUnfinished,
} from "./report-store.ts";

const machine = identifyMachine();
let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "crossbill-reports-")), "crossbill");
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

function topic(name: string, rounds: number): TopicReport {
  const nothing = { parameters: [], models: [], breakEvens: [], claims: [], checks: [] };
  const table = { columns: [], rows: [] };
  const analysis = { ...nothing, table, charts: [], notes: [] };
  return { name, title: name, question: "?", rounds, seconds: 1, analysis, points: [] };
}

function report(measuredAt: string, topics: TopicReport[], quick = false): LabReport {
  const conditions = { loadBefore: 0, loadAfter: 0, stealShare: 0 };
  const schema = "crossbill.lab/1";
  return { schema, measuredAt, machine, conditions, quick, seed: 7, complete: true, topics };
}

test("a kept report comes back as it was, quick and full apart", () => {
  const full = report("2026-01-01T00:00:00Z", [topic("toll", 7)]);
  saveLabReport(full, folder);
  expect(loadLabReport(machine, false, folder)).toMatchObject({ state: "found", report: full });
  expect(loadLabReport(machine, true, folder)).toMatchObject({ state: "missing" });
  expect(loadUnfinished(machine, false, folder)).toMatchObject({ state: "missing" });
});

test("topics that a later report lacks stay, with the time of their own run", () => {
  saveLabReport(report("2026-01-01T00:00:00Z", [topic("toll", 1), topic("mmap", 2)]), folder);
  saveLabReport(report("2026-02-02T00:00:00Z", [topic("toll", 3)]), folder);
  const kept = loadLabReport(machine, false, folder);
  expect(kept).toMatchObject({
    state: "found",
    report: {
      measuredAt: "2026-02-02T00:00:00Z",
      topics: [
        { name: "toll", rounds: 3 },
        { name: "mmap", rounds: 2, measuredAt: "2026-01-01T00:00:00Z" },
      ],
    },
  });
});

test("an unfinished run is kept, found and forgotten", () => {
  const half = { ...report("2026-01-01T00:00:00Z", [topic("toll", 1)], true), complete: false };
  saveUnfinished(half, folder);
  expect(loadUnfinished(machine, true, folder)).toMatchObject({ state: "found", report: half });
  removeUnfinished(machine, true, folder);
  removeUnfinished(machine, true, folder);
  expect(loadUnfinished(machine, true, folder)).toMatchObject({ state: "missing" });
});

test("a report that somebody else could have written, or no report, is not used", () => {
  const path = saveLabReport(report("2026-01-01T00:00:00Z", []), folder);
  chmodSync(path, 0o666);
  expect(loadLabReport(machine, false, folder)).toMatchObject({ state: "unusable" });
  chmodSync(path, 0o600);
  writeFileSync(path, "{}");
  expect(loadLabReport(machine, false, folder)).toMatchObject({ state: "unusable" });
  rmSync(path);
  symlinkSync("/etc/passwd", path);
  expect(loadLabReport(machine, false, folder)).toMatchObject({
    state: "unusable",
    why: "it is a symbolic link",
  });
  // Saving replaces the link, not what it points to.
  saveLabReport(report("2026-01-01T00:00:00Z", []), folder);
  expect(loadLabReport(machine, false, folder)).toMatchObject({ state: "found" });
  expect(readdirSync(folder)).toHaveLength(1);
});

test("a report of another machine under our name is not used", () => {
  const path = saveLabReport(report("2026-01-01T00:00:00Z", []), folder);
  const other = { ...report("2026-01-01T00:00:00Z", []), machine: { ...machine, key: "other" } };
  writeFileSync(path, JSON.stringify(other));
  expect(loadLabReport(machine, false, folder)).toMatchObject({
    state: "unusable",
    why: "it is another machine's",
  });
});
