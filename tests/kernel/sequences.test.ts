/** Sequences: the order of accesses that both recorders keep is the order in which they happened. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RecordedSequence } from "@crossbill/core";
import type { RecordedFacts, RecorderName } from "@crossbill/recorder";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ebpfTest } from "./command-line.ts";
import { until } from "./family.ts";
import {
  buildProgram,
  makeFolder,
  RecorderProcess,
  recordWith,
  removeFolders,
} from "./recorder-process.ts";

const accesses = buildProgram("accesses");
const file = join(makeFolder(), "data");
beforeAll(() => writeFileSync(file, "x".repeat(65_536)));
afterAll(removeFolders);

/** The same test with each recorder. */
function testBoth(name: string, body: (recorder: RecorderName) => Promise<void>): void {
  ebpfTest(`ebpf: ${name}`, () => body("ebpf"));
  test(`ptrace: ${name}`, () => body("ptrace"));
}

/** What a program did to the file; the budget is never reached unless it is given. */
async function record(
  recorder: RecorderName,
  what: string,
  count: number,
  sequence = 1000,
): Promise<RecordedFacts> {
  const facts = await recordWith(recorder, [accesses, what, file, `${count}`], { sequence });
  expect(facts.exit.code).toBe(0);
  return facts;
}

function sequencesOf(facts: RecordedFacts, name: RegExp | string): RecordedSequence[] {
  const ids = facts.targets.filter((target) =>
    typeof name === "string" ? target.name === name : name.test(target.name ?? ""),
  );
  return (facts.sequences ?? []).filter(({ target }) => ids.some(({ id }) => id === target));
}

/** [call, offset, asked, moved] in order, without times, which must never decrease. */
function stepsOf(sequence: RecordedSequence | undefined): unknown[] {
  let last = 0;
  return (sequence?.accesses ?? []).map(([call, offset, asked, moved, at]) => {
    expect(at).toBeGreaterThanOrEqual(last);
    last = at;
    return [sequence?.calls[call], offset, asked, moved];
  });
}

/** What a process has open. */
function descriptorsOf(pid: number | undefined): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).map((name) => readlinkSync(join(folder, name)));
  } catch {
    return []; // It is about to begin, or a descriptor was closed meanwhile.
  }
}

/** The offsets of preads of one descriptor, as strace prints them. */
function straceOffsets(what: string, count: number): number[] {
  const table = join(makeFolder(), "strace.txt");
  const command = [accesses, what, file, `${count}`];
  execFileSync("strace", ["-f", "-e", "trace=pread64", "-P", file, "-o", table, ...command]);
  return [...readFileSync(table, "latin1").matchAll(/pread64\(.*, (\d+)\) = \d+$/gm)].map(
    ([, offset]) => Number(offset),
  );
}

const scattered = (index: number) => ["pread64", (index * 7919) % 60_000, 16, 16];

testBoth("preads keep their offsets, as strace sees them", async (recorder) => {
  const facts = await record(recorder, "scattered", 101);
  const [own, ...others] = sequencesOf(facts, file);
  expect(others).toEqual([]);
  expect(own).toMatchObject({ complete: true });
  const steps = stepsOf(own);
  expect(steps).toEqual(Array.from({ length: 101 }, (_, index) => scattered(index)));
  expect(own?.accesses.map(([, offset]) => offset)).toEqual(straceOffsets("scattered", 101));
});

testBoth("a seek is kept with where it led, one that failed with its error", async (recorder) => {
  const [own] = sequencesOf(await record(recorder, "sought", 53), file);
  const pairs = Array.from({ length: 53 }, (_, index) => [
    ["lseek", 512 * index, 0, 0],
    ["read", 512 * index, 32, 32],
  ]);
  expect(stepsOf(own)).toEqual([...pairs.flat(), ["lseek", -1, 0, -22]]);
});

testBoth("two descriptors of one open file show the position they share", async (recorder) => {
  const both = sequencesOf(await record(recorder, "twofold", 97), file);
  expect(both).toHaveLength(2);
  const [even, odd] = both.map((sequence) => sequence.accesses.map(([, offset]) => offset));
  expect(even).toEqual(Array.from({ length: 49 }, (_, index) => 2 * index));
  expect(odd).toEqual(Array.from({ length: 48 }, (_, index) => 2 * index + 1));
  expect(both[0]?.descriptor).not.toBe(both[1]?.descriptor);
});

testBoth("two threads at once keep each its own order", async (recorder) => {
  const own = sequencesOf(await record(recorder, "threads", 103), file);
  expect(own).toHaveLength(2);
  for (const sequence of own) {
    expect(stepsOf(sequence)).toEqual(Array.from({ length: 103 }, (_, index) => scattered(index)));
  }
});

testBoth("what has no position has none, and both ends of a pipe are kept", async (recorder) => {
  const ends = sequencesOf(await record(recorder, "messages", 59), /^pipe:/);
  const ownEnds = ends.filter((sequence) => sequence.accesses.length === 59);
  const steps = ownEnds.map((sequence) => stepsOf(sequence)[58]);
  expect(steps).toEqual([
    ["read", -1, 8, 5],
    ["write", -1, 5, 5],
  ]);
});

testBoth("beyond the budget the lines hold everything, and it is said", async (recorder) => {
  const facts = await record(recorder, "scattered", 211, 67);
  const sequences = facts.sequences ?? [];
  const kept = sequences.reduce((sum, sequence) => sum + sequence.accesses.length, 0);
  expect(kept).toBe(67);
  const [own] = sequencesOf(facts, file);
  expect(own).toMatchObject({ complete: false });
  const steps = stepsOf(own);
  expect(steps).toEqual(Array.from({ length: steps.length }, (_, index) => scattered(index)));
  // What the loader read before was complete.
  expect(sequences.filter(({ complete }) => complete).length).toBe(sequences.length - 1);
  const lines = facts.lines.filter((line) => line.syscall === "pread64" && line.bytes === 211 * 16);
  expect(lines).toMatchObject([{ count: 211, error: null }]);
});

testBoth("a program attached to shows what it does from then on", async (recorder) => {
  const reads = `import os, sys
f = os.open(sys.argv[1], 0)
for byte in iter(lambda: sys.stdin.buffer.raw.read(1), b""):
    for i in range(61): os.pread(f, 8, 4096 + 8 * i)`;
  const program = spawn("python3", ["-c", reads, file], { stdio: ["pipe", "ignore", "inherit"] });
  const ended = once(program, "exit");
  await until(() => descriptorsOf(program.pid).includes(file), "the file is open");
  const rest = ["--pid", `${program.pid}`];
  const running = new RecorderProcess(recorder, "attach", rest, { sequence: 1000 });
  await running.started();
  program.stdin.end("x");
  const facts = await running.facts();
  expect(await ended).toEqual([0, null]);
  const [own] = sequencesOf(facts, file);
  const expected = Array.from({ length: 61 }, (_, index) => ["pread64", 4096 + 8 * index, 8, 8]);
  expect(stepsOf(own)).toEqual(expected);
  expect(own).toMatchObject({ complete: true });
});

testBoth("nothing is kept unless it is asked for", async (recorder) => {
  const facts = await recordWith(recorder, [accesses, "scattered", file, "23"]);
  expect(facts).not.toHaveProperty("sequences");
});
