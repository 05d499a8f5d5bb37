/** The eBPF recorder's counts: equal to strace's and the kernel's own, call by call and to the unit. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RecordedFacts } from "@crossbill/recorder";
import { afterAll, expect } from "vitest";
import { ebpfTest } from "./command-line.ts";
import {
  buildProgram,
  type CallCounts,
  countCalls,
  makeFolder,
  recordWith,
  removeFolders,
  straceBytes,
  straceCalls,
} from "./recorder-process.ts";

const crossings = buildProgram("crossings");
afterAll(removeFolders);

const timings = ["sampled", "exact"] as const;
type Timing = (typeof timings)[number];

const insertRows =
  "create table t(a); with recursive n(i) as (select 1 union all select i + 1 from n" +
  " where i < 211) insert into t select i from n; select count(*) from t;";

/** Programs that do the same twice. */
const programs: readonly (readonly [string, readonly string[]])[] = [
  ["dd", ["dd", "if=/dev/zero", "of=dd.out", "bs=4096", "count=97"]],
  ["cat", ["cat", "/etc/passwd", "/etc/nonexistent"]],
  ["tar", ["tar", "cf", "out.tar", "/etc/default"]],
  ["find", ["find", "/etc", "-name", "x"]],
  ["ls -R", ["ls", "-lR", "/etc"]],
  ["sqlite3", ["sh", "-c", 'rm -f t.db; exec sqlite3 t.db "$0"', insertRows]],
  // Without -save-temps its temporary names are random, and so is how many draws they take.
  ["gcc", ["gcc", "-save-temps", "-c", "-o", "a.o", "a.c"]],
  ["thirteen threads", [crossings, "team", "211", "13"]],
  [
    "a loop that forks 53 times",
    ["sh", "-c", "i=0; while [ $i -lt 53 ]; do /bin/true; i=$((i+1)); done"],
  ],
];

/** Whether a lock is contended, and so how often threads call futex, is chance. */
function withoutFutex(counts: CallCounts): CallCounts {
  return Object.fromEntries(Object.entries(counts).filter(([name]) => name !== "futex"));
}

function expectWhole(facts: RecordedFacts): void {
  const left = facts.lines.reduce((sum, line) => sum + line.count, 0);
  const unfinished = facts.unfinished.reduce((sum, { count }) => sum + count, 0);
  expect(facts.audit).toMatchObject({
    left,
    inFlight: unfinished,
    entered: left + unfinished,
    unitemised: 0,
    lost: 0,
    unnamed: 0,
    stillRunning: 0,
  });
}

ebpfTest.each(timings.flatMap((timing) => programs.map((one) => [timing, ...one] as const)))(
  "%s: %s makes the calls and errors that strace -f -c counts",
  async (timing, name, command) => {
    const cwd = makeFolder();
    writeFileSync(join(cwd, "a.c"), "int main(void) { return 0; }\n");
    // What the first run leaves behind changes the second.
    await recordWith("ebpf", command, { cwd, timing });
    const facts = await recordWith("ebpf", command, { cwd, timing });
    const relevant = name === "thirteen threads" ? withoutFutex : (counts: CallCounts) => counts;
    expect(relevant(countCalls(facts))).toEqual(relevant(straceCalls(command, cwd)));
    expectWhole(facts);
  },
);

function bytesOf(facts: RecordedFacts, name: string): number {
  return facts.lines.reduce((sum, line) => sum + (line.syscall === name ? line.bytes : 0), 0);
}

ebpfTest.each([
  ["dd", ["dd", "if=/dev/zero", "of=out", "bs=4097", "count=101", "status=none"]],
  ["cat", ["cat", "/etc/passwd", "/etc/services"]],
])("%s reads and writes the bytes that strace prints", async (_name, command) => {
  const cwd = makeFolder();
  for (const timing of timings) {
    const facts = await recordWith("ebpf", command, { cwd, timing });
    for (const call of ["read", "write"]) {
      expect(bytesOf(facts, call)).toBe(straceBytes(command, call, cwd));
    }
    for (const line of facts.lines) {
      const sized = line.sizes.reduce((sum, cell) => sum + cell.count, 0);
      if (line.bytes > 0) expect(sized).toBe(line.count);
    }
  }
});

ebpfTest.each(
  timings.flatMap((timing) => [
    [timing, "a program", ["find", "/etc"]] as const,
    [timing, "a program that allocates", ["python3", "-c", "x = bytearray(64 << 20)"]] as const,
    [timing, "threads", [crossings, "threads", "53", "7"]] as const,
    [timing, "processes", ["sh", "-c", "for i in 1 2 3 4 5; do ls -l /etc | cat; done"]] as const,
  ]),
)(
  "%s: page faults and switches of %s are those of the kernel's own accounting",
  async (timing, _what, command) => {
    const facts = await recordWith("ebpf", command, { timing });
    const { rusage, audit } = facts;
    if (rusage === null) throw new Error("the target's usage is missing");
    const total = (key: keyof typeof rusage & keyof (typeof facts.processes)[0]): number =>
      facts.processes.reduce((sum, process) => sum + process[key], 0);
    expect(total("minorFaults")).toBe(rusage.minorFaults);
    expect(total("majorFaults")).toBe(rusage.majorFaults);
    // A parent may take its child's usage before the child has left the CPU for the last time.
    for (const key of ["voluntarySwitches", "involuntarySwitches"] as const) {
      expect(total(key) - rusage[key]).toBeGreaterThanOrEqual(0);
      expect(total(key) - rusage[key]).toBeLessThanOrEqual(audit.exits);
    }
  },
);

async function expectMillion(what: "processes" | "threads", timing: Timing): Promise<void> {
  const facts = await recordWith("ebpf", [crossings, what, "62500", "16"], { timing });
  expect(facts.exit).toEqual({ code: 0, signal: null });
  expect(countCalls(facts)["getpid"]).toEqual({ calls: 1_000_000, errors: 0 });
  expectWhole(facts);
}

ebpfTest.each(
  timings.flatMap((timing) => [[timing, "processes"] as const, [timing, "threads"] as const]),
)("%s: sixteen %s of 62,500 calls are a million calls", async (timing, what) => {
  await expectMillion(what, timing);
});

ebpfTest.each(timings)(
  "%s: a million stays a million while others hammer the kernel",
  async (timing) => {
    const others: ChildProcess[] = [];
    try {
      for (let i = 0; i < 2; i += 1) others.push(spawn(crossings, ["hammer"], { stdio: "ignore" }));
      await Promise.all(others.map((other) => once(other, "spawn")));
      await expectMillion("processes", timing);
      await expectMillion("threads", timing);
      expect(others.map((other) => other.exitCode ?? other.signalCode)).toEqual([null, null]);
    } finally {
      for (const other of others) other.kill("SIGKILL");
    }
  },
);
