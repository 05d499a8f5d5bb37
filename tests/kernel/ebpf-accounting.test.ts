/** The bill of real programs adds up: hardly any of a thread's time is not accounted for. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Bill, parseBill } from "@crossbill/core";
import { afterAll, beforeAll, expect } from "vitest";
import { crossbill, ebpfTest, expectEnd, useOwnFolder } from "./command-line.ts";
import { makeFolder, removeFolders } from "./recorder-process.ts";

const own = useOwnFolder();
const folder = makeFolder();
const large = join(folder, "large");
afterAll(removeFolders);
beforeAll(() => writeFileSync(large, randomBytes(24 * 2 ** 20).toString("base64")));

const insertRows =
  "drop table if exists t; create table t(a, b); with recursive n(i) as (select 1 union all" +
  " select i + 1 from n where i < 500000) insert into t select i, hex(i) from n;";

/** With one thread each; half a second or more on common machines. */
const programs: readonly (readonly [string, readonly string[]])[] = [
  ["dd of single bytes", ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=1500007"]],
  ["gzip", ["gzip", "-ck", large]],
  [
    "a loop in Python",
    ["python3", "-c", "import os\nfor i in range(300007): os.getppid(); os.stat('/')"],
  ],
  ["find", ["find", "/usr", "-name", "nothing"]],
  ["inserting with sqlite3", ["sqlite3", join(folder, "t.db"), insertRows]],
  [
    "sort",
    ["sort", "--parallel=1", "-S", "20M", "-T", folder, "-o", join(folder, "sorted"), large],
  ],
];

function billOf(flags: readonly string[], command: readonly string[]): Bill {
  const json = join(own.path, "bill.json");
  const text = join(own.path, "bill.txt");
  const run = ["run", ...flags, "--json", json, "-o", text, "--", ...command];
  expectEnd(crossbill(run), { status: 0, signal: null });
  return parseBill(readFileSync(json, "utf8"));
}

function expectAddsUp({ time, warnings }: Bill): void {
  const waited = Object.values(time.waitNs).reduce((sum, ns) => sum + ns, 0);
  const known =
    time.userNs + time.boundaryNs + time.kernelNs + waited + time.faultNs + time.runQueueNs;
  expect(known + time.residualNs).toBe(time.wallNs);
  expect(Math.abs(time.residualNs) / time.wallNs).toBeLessThanOrEqual(0.05);
  expect(warnings.map(({ code }) => code)).not.toContain("residual");
}

ebpfTest.each(
  programs.flatMap(([name, command]) => [
    ["sampled", name, command, []] as const,
    ["exact", name, command, ["--exact-time"]] as const,
  ]),
)("%s: of %s hardly any thread time is unaccounted for", (_timing, _name, command, flags) => {
  expectAddsUp(billOf(["--recorder", "ebpf", ...flags], command));
});

ebpfTest.each([
  ["threads", ["sh", "-c", "seq 300007 | sort -R --parallel=2 | sort -n --parallel=2 | tail -1"]],
  ["processes", ["sh", "-c", "for i in 1 2 3 4 5 6 7; do ls -lR /usr/include | cat; done"]],
])("of %s that wait for each other too", (_what, command) => {
  expectAddsUp(billOf(["--recorder", "ebpf"], command));
});
