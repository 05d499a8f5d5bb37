/** Import on logs of the real strace: every call of them, by strace's own count of the same run. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LogImport, parseRecording, type Recording } from "@crossbill/core";
import { afterAll, expect, test } from "vitest";
import { crossbill, expectEnd, useOwnFolder } from "./command-line.ts";
import { buildProgram, type CallCounts, makeFolder, removeFolders } from "./recorder-process.ts";

const crossings = buildProgram("crossings");
const folder = useOwnFolder();
afterAll(removeFolders);

/** A log of strace; -C puts its own table of the same run behind it. */
function straced(flags: readonly string[], command: readonly string[]): string {
  const log = join(makeFolder(), "strace.log");
  const { error } = spawnSync("strace", ["-C", ...flags, "-o", log, ...command], {
    stdio: "ignore",
  });
  if (error !== undefined) throw error;
  return log;
}

/** The table and what is before it. */
function parts(log: string): { readonly calls: string[]; readonly table: string[] } {
  const lines = readFileSync(log, "latin1").split("\n");
  const head = lines.findIndex((line) => line.startsWith("% time"));
  return { calls: lines.slice(0, head), table: lines.slice(head) };
}

function imported(lines: readonly string[]): Recording {
  const log = new LogImport();
  for (const line of lines) log.add(line);
  return log.finish({
    machine: parseRecording(
      readFileSync(
        new URL("../../packages/core/src/golden/dd.recording.golden.json", import.meta.url),
        "utf8",
      ),
    ).machine,
    importedAt: "2026-01-02T03:04:05.000Z",
    name: "strace.log",
  });
}

/** By call: how many returned, and how many of them failed. */
function counts({ lines }: Recording): CallCounts {
  const all: CallCounts = {};
  for (const { syscall, error, count } of lines) {
    const row = all[syscall] ?? { calls: 0, errors: 0 };
    const errors = error === null ? row.errors : row.errors + count;
    all[syscall] = { calls: row.calls + count, errors };
  }
  return all;
}

const shell = ["sh", "-c", "ls /proc/self | wc -l; cat /nonexistent; sleep 0.01 & wait"];
const forks = [crossings, "processes", "101", "7"];
const threads = [crossings, "threads", "101", "7"];
const execFromThread = [
  ...["python3", "-S", "-c"],
  "import os, threading, time\n" +
    "threading.Thread(target=lambda: os.execv('/bin/true', ['true'])).start()\ntime.sleep(9)",
];

test.each([
  ["a shell", ["-f", "-ttt", "-T", "-y"], shell],
  ["processes", ["-f", "-ttt", "-T", "-yy"], forks],
  ["threads", ["-f", "-tt", "-T"], threads],
  ["a thread that becomes a program", ["-f", "-r", "-y", "-v"], execFromThread],
  ["one process", [], [crossings, "threads", "101", "0"]],
])("%s: import counts what strace counts, call by call and error by error", (_, flags, command) => {
  const { calls, table } = parts(straced(flags, command));
  const recording = imported(calls);
  const summed = imported(table);
  expect(counts(recording)).toEqual(counts(summed));
  expect(recording.imported?.unread).toBe(0);
  expect(summed.imported).toMatchObject({ from: "strace summary", unread: 0 });
  expect(Object.keys(counts(recording)).length).toBeGreaterThan(10);
});

test("threads share their process, and processes do not", () => {
  const of = (command: readonly string[]) => {
    const recording = imported(parts(straced(["-f", "-ttt", "-T"], command)).calls);
    const own = recording.lines.filter(({ syscall }) => syscall === "getpid");
    const getpids = own.reduce((sum, { count }) => sum + count, 0);
    return {
      processes: recording.processes,
      getpids,
      makers: new Set(own.map((line) => line.process)),
    };
  };
  const many = of(threads);
  expect(many.processes.map((process) => [process.comm, process.threads])).toEqual([
    ["crossings", 8],
  ]);
  expect(many.getpids).toBe(707);
  const family = of(forks);
  expect(family.processes.filter(({ comm }) => comm === "crossings")).toHaveLength(8);
  expect(family.getpids).toBe(707);
  expect(family.makers.size).toBe(7);
});

test("the program that a thread becomes is the process's next", () => {
  const { processes, exit } = imported(parts(straced(["-f"], execFromThread)).calls);
  // Where python3 is a script that looks for it, there are others before.
  const [before, after] = processes.slice(-2);
  expect([before?.comm, after?.comm]).toEqual(["python3", "true"]);
  expect(after?.pid).toBe(before?.pid);
  expect(before?.threads).toBe(2);
  expect(exit).toEqual({ code: 0, signal: null });
});

test("bytes, sizes and files are those of the calls, whatever the files are called", () => {
  const name = join(makeFolder(), 'a) = 7 <0.5>, "\\ \u001b[2J\n\u202e');
  const log = straced(
    ["-f", "-ttt", "-T", "-y"],
    ["dd", "if=/dev/zero", `of=${name}`, "bs=13", "count=997"],
  );
  const recording = imported(parts(log).calls);
  const target = recording.targets.find((one) => one.name === name);
  expect(target?.kind).toBe("file");
  const writes = recording.lines.filter((line) => line.target === target?.id);
  const write = writes.find(({ syscall }) => syscall === "write");
  expect(write).toMatchObject({ count: 997, bytes: 12_961, requestedBytes: 12_961 });
  expect(write?.sizes).toEqual([{ atMost: 16, count: 997 }]);
});

test("the command line prints the bill of a log, or keeps a recording that report bills alike", () => {
  const log = straced(["-f", "-ttt", "-T", "-y"], shell);
  const printed = crossbill(["import", log]);
  expectEnd(printed, { status: 0, stderr: "" });
  expect(printed.stdout).toContain("imported from a strace log");
  expect(printed.stdout).not.toContain("leave it");
  const output = join(folder.path, "imported.json");
  const kept = crossbill(["import", log, "-o", output]);
  expectEnd(kept, { status: 0, stdout: "" });
  expect(kept.stderr).toMatch(/^crossbill: imported from a strace log, .* page faults.*\n$/);
  const { audit } = parseRecording(readFileSync(output, "utf8"));
  expect(audit).toMatchObject({ entered: audit.left + audit.inFlight, lost: 0 });
  expectEnd(crossbill(["report", output]), { status: 0, stdout: printed.stdout });
  const text = readFileSync(log, "latin1");
  writeFileSync(join(folder.path, "cut.log"), text.slice(0, text.indexOf("% time") - 40), "latin1");
  const cut = crossbill(["import", join(folder.path, "cut.log")]);
  expectEnd(cut, { status: 0, stderr: "" });
});

test("what is no log, or is not there, is refused in one line", () => {
  const nothing = crossbill(["import", "-"], "\0".repeat(1_000_003));
  expectEnd(nothing, { status: 125, stdout: "" });
  expect(nothing.stderr).toMatch(/^crossbill: no call of strace .*\n$/);
  const absent = crossbill(["import", "/nonexistent.log"]);
  expectEnd(absent, { status: 2, stderr: "crossbill: cannot read /nonexistent.log: ENOENT\n" });
});
