/** Evidence: what recorders tell beside counts and times, for advice to stand on. */
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RecordedLine } from "@crossbill/core";
import type { RecordedFacts, RecorderName } from "@crossbill/recorder";
import { afterAll, expect, test } from "vitest";
import { ebpfTest } from "./command-line.ts";
import { buildProgram, makeFolder, recordWith, removeFolders } from "./recorder-process.ts";

const accesses = buildProgram("accesses");
const crossings = buildProgram("crossings");
const faults = buildProgram("faults");
afterAll(removeFolders);

/** The same test with each recorder. */
function testBoth(name: string, body: (recorder: RecorderName) => Promise<void>): void {
  ebpfTest(`ebpf: ${name}`, () => body("ebpf"));
  test(`ptrace: ${name}`, () => body("ptrace"));
}

function makeFile(bytes: number): string {
  const file = join(makeFolder(), "data");
  writeFileSync(file, "x".repeat(bytes));
  return file;
}

/** Lines of a call that failed with `error`, null for success. */
function linesOf(facts: RecordedFacts, syscall: string, error: string | null): RecordedLine[] {
  return facts.lines.filter((line) => line.syscall === syscall && line.error === error);
}

testBoth(
  "answers that nothing is ready are told from those that something is",
  async (recorder) => {
    const facts = await recordWith(recorder, [accesses, "readiness", "", "101"]);
    expect(facts.exit.code).toBe(0);
    for (const syscall of ["poll", "epoll_wait", "pselect6"]) {
      expect(linesOf(facts, syscall, null), syscall).toMatchObject([{ count: 102, empty: 101 }]);
    }
    for (const line of facts.lines.filter(({ syscall }) => syscall === "write")) {
      expect(line).not.toHaveProperty("empty");
    }
  },
);

testBoth("a file has the size it had when it was first used", async (recorder) => {
  const file = makeFile(60_101);
  const facts = await recordWith(recorder, [accesses, "scattered", file, "23"]);
  expect(facts.targets.find(({ name }) => name === file)).toMatchObject({ sizeBytes: 60_101 });
  for (const { kind, sizeBytes } of facts.targets) {
    expect(sizeBytes !== undefined).toBe(kind === "file");
  }
});

ebpfTest("names are told apart: about as many as there were", async () => {
  const facts = await recordWith("ebpf", [accesses, "names", makeFile(1), "4001"]);
  expect(facts.exit.code).toBe(0);
  const [missing, ...others] = linesOf(facts, "newfstatat", "ENOENT");
  expect(others).toEqual([]);
  expect(missing?.count).toBe(3 * 4001);
  expect(missing?.distinctPaths).toBeGreaterThan(3600);
  expect(missing?.distinctPaths).toBeLessThan(4400);
  // One name a thousand times; an empty one, which means the descriptor, is none.
  const found = linesOf(facts, "newfstatat", null).filter(({ count }) => count >= 2 * 4001);
  expect(found.map(({ distinctPaths }) => distinctPaths)).toEqual([1]);
});

const SAME_NAME = `
import os, tempfile
with tempfile.TemporaryDirectory() as root:
    for at in range(101):
        folder = os.path.join(root, str(at))
        os.mkdir(folder)
        opened = os.open(folder, os.O_RDONLY)
        os.chdir(opened)
        for again in range(97): os.access("nowhere", os.F_OK)
        os.chdir("/")
        os.close(opened)
`;

ebpfTest("the same name in as many folders is as many paths", async () => {
  const facts = await recordWith("ebpf", ["/usr/bin/python3", "-c", SAME_NAME]);
  expect(facts.exit.code).toBe(0);
  const [line] = linesOf(facts, "access", "ENOENT").filter(({ count }) => count >= 101 * 97);
  expect(line?.distinctPaths).toBeGreaterThan(95);
  expect(line?.distinctPaths).toBeLessThan(110);
});

ebpfTest(
  "names of hundreds of processes are counted until there is no room, then not",
  async () => {
    const each = "for i in $(seq 700); do /bin/true; done";
    const facts = await recordWith("ebpf", ["sh", "-c", each]);
    expect(facts.exit.code).toBe(0);
    const named = facts.lines.filter(
      ({ syscall, error }) => syscall === "access" && error !== null,
    );
    for (const { count, distinctPaths } of named) {
      if (distinctPaths !== undefined) expect(distinctPaths).toBeLessThanOrEqual(count);
    }
    expect(named.some(({ distinctPaths }) => distinctPaths === 1)).toBe(true);
  },
);

const SECCOMP = `
import ctypes, os, struct, sys
libc = ctypes.CDLL(None)
program = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7fff0000))
libc.prctl(38, 1, 0, 0, 0)
filter = struct.pack("HxxxxxxQ", 1, ctypes.addressof(program))
if libc.prctl(22, 2, ctypes.create_string_buffer(filter), 0, 0): sys.exit(1)
os.execv("/bin/true", ["true"])
`;

ebpfTest("a filter of system calls is a tax of the program that inherits it", async () => {
  const plain = await recordWith("ebpf", ["/bin/true"]);
  const [taxes] = plain.processes.map((process) => process.taxes);
  if (taxes?.includes("seccomp") === true) return expect(taxes).toContain("seccomp");
  const facts = await recordWith("ebpf", ["python3", "-c", SECCOMP]);
  expect(facts.exit.code).toBe(0);
  expect(facts.processes.at(-1)).toMatchObject({ exe: expect.stringMatching(/true$/) });
  expect(facts.processes.at(-1)?.taxes).toEqual([...(taxes ?? []), "seccomp"]);
});

ebpfTest("a tracer is a tax of what it traces, and not of itself", async () => {
  const facts = await recordWith("ebpf", ["strace", "-o", "/dev/null", "/bin/true"]);
  const taxesOf = (comm: string) =>
    facts.processes.filter((process) => process.comm === comm).map(({ taxes }) => taxes);
  expect(taxesOf("true")[0]).toContain("ptrace");
  expect(taxesOf("strace")[0]).not.toContain("ptrace");
});

test("the ptrace recorder says nothing of taxes: it is one itself", async () => {
  const facts = await recordWith("ptrace", ["/bin/true"]);
  for (const process of facts.processes) expect(process).not.toHaveProperty("taxes");
});

ebpfTest("faults are told apart by what they touch, and add up to all", async () => {
  const file = makeFile(4096);
  for (const [kind, command] of [
    ["anonymous", [faults, "memory", "30011"]],
    ["file", [faults, "again", file, "30012"]],
  ] as const) {
    const facts = await recordWith("ebpf", command);
    expect(facts.exit.code, kind).toBe(0);
    const [own] = facts.processes;
    const kinds = own?.faultKinds;
    expect(kinds?.[kind], kind).toBeGreaterThan(28_000);
    const { anonymous = 0, file: mapped = 0, other = 0, samples = 0 } = kinds ?? {};
    expect(anonymous + mapped + other).toBe(own?.minorFaults);
    const stacks = facts.stacks.filter(({ faults: seen }) => seen !== undefined);
    expect(stacks.length).toBeGreaterThan(0);
    for (const { faults: seen, samples: ticks } of stacks) {
      expect(seen).toBeLessThanOrEqual(samples);
      expect(ticks).toBe(0);
    }
  }
});

ebpfTest("calls that wait show from where, apart from the samples of CPU time", async () => {
  const facts = await recordWith("ebpf", [crossings, "busy", `${16 * 103}`]);
  expect(facts.exit.code).toBe(0);
  const waiting = facts.stacks.filter(({ waits }) => waits !== undefined);
  const sleeping = waiting.filter(({ syscall }) => syscall === "clock_nanosleep");
  const seen = sleeping.reduce((sum, { waits = 0 }) => sum + waits, 0);
  expect(seen).toBeGreaterThanOrEqual(16);
  expect(seen).toBeLessThanOrEqual(103);
  for (const { samples, frames } of waiting) {
    expect(samples).toBe(0);
    expect(frames.length).toBeGreaterThan(0);
  }
  // libc slept for it; that it was called from the program is found on the stack.
  const { ino } = statSync(crossings);
  const callers = sleeping.flatMap(({ frames }) => frames.filter(({ guess }) => guess === true));
  expect(callers.some(({ inode }) => inode === ino)).toBe(true);
});
