/** Where the eBPF recorder's tables end: totals stay exact, memory stays bounded, nothing is silent. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Bill, parseBill } from "@crossbill/core";
import { afterAll, expect } from "vitest";
import { ebpfTest, useOwnFolder } from "./command-line.ts";
import { measurePeak } from "./peak-memory.ts";
import {
  buildProgram,
  countCalls,
  makeFolder,
  recordWith,
  removeFolders,
} from "./recorder-process.ts";

const own = useOwnFolder();
const crossings = buildProgram("crossings");
const descriptors = buildProgram("descriptors");
const ring = buildProgram("ring");
afterAll(removeFolders);

const MIB = 2 ** 20;
const MEMORY_MAX = 150 * MIB;

/** The bill of a run whose memory stayed within what is promised. */
async function billWithinMemory(command: readonly string[], ...flags: string[]): Promise<Bill> {
  const json = join(own.path, "bill.json");
  const run = ["run", "--recorder", "ebpf", ...flags, "--json", json, "--", ...command];
  const peak = await measurePeak(run, own.path);
  expect(peak.recorderBytes).toBeGreaterThan(0);
  expect(peak.nodeBytes + peak.recorderBytes).toBeLessThanOrEqual(MEMORY_MAX);
  return parseBill(readFileSync(json, "utf8"));
}

function callsOf(bill: Bill, name: string): number {
  return bill.syscalls.find((row) => row.name === name)?.count ?? 0;
}

/** Whatever was folded or left out, every crossing is somewhere. */
function expectAuditHolds({ audit, syscalls, lines, notItemised, unfinished }: Bill): void {
  const sum = (rows: readonly { readonly count: number }[]): number =>
    rows.reduce((total, { count }) => total + count, 0);
  expect(audit.lost).toBe(0);
  expect(audit.entered).toBe(audit.left + audit.inFlight);
  expect(sum(syscalls)).toBe(audit.entered);
  expect(sum(notItemised)).toBe(audit.unitemised);
  expect(sum(lines) + sum(notItemised)).toBe(audit.left);
  expect(sum(unfinished.calls)).toBe(audit.inFlight);
}

ebpfTest.each([["sampled"], ["exact", "--exact-time"]])(
  "%s: 10,007 short processes of a shell loop are all counted, within 150 MiB",
  async (_timing, ...flags) => {
    const script = "i=0; while [ $i -lt 10007 ]; do /bin/true; i=$((i+1)); done";
    const bill = await billWithinMemory(["sh", "-c", script], ...flags);
    expectAuditHolds(bill);
    expect(callsOf(bill, "execve")).toBe(10_008);
    expect(callsOf(bill, "exit_group")).toBe(10_008);
    expect(bill.audit).toMatchObject({ exits: 10_008, stillRunning: 0 });
    // Each child is a shell first, then the program.
    const instances = bill.processes.reduce((sum, process) => sum + process.instances, 0);
    expect(instances).toBe(2 * 10_007 + 1);
  },
);

ebpfTest.each([["sampled"], ["exact", "--exact-time"]])(
  "%s: 2,003 threads are all counted, within 150 MiB",
  async (_timing, ...flags) => {
    const bill = await billWithinMemory([crossings, "threads", "11", "2003"], ...flags);
    expectAuditHolds(bill);
    expect(callsOf(bill, "getpid")).toBe(2003 * 11);
    expect(callsOf(bill, "exit")).toBe(2003);
    expect(bill.audit.exits).toBe(2004);
    expect(bill.processes.map(({ threads }) => threads)).toEqual([2004]);
  },
);

ebpfTest("2,003 threads that live at the same time each find room", async () => {
  const facts = await recordWith("ebpf", [crossings, "team", "11", "2003"]);
  expect(countCalls(facts)["getpid"]).toEqual({ calls: 2003 * 11, errors: 0 });
  expect(facts.audit).toMatchObject({ exits: 2004, lost: 0, stillRunning: 0 });
});

ebpfTest.each([["sampled"], ["exact", "--exact-time"]])(
  "%s: beyond 16,384 different files lines are folded by kind, and totals stay exact",
  async (_timing, ...flags) => {
    const folder = makeFolder();
    mkdirSync(join(folder, "many"));
    const run = (count: number) => [descriptors, "files", join(folder, "many"), String(count)];
    const none = countCalls(await recordWith("ebpf", run(0)));
    const bill = await billWithinMemory(run(40_009), ...flags);
    expectAuditHolds(bill);
    expect(callsOf(bill, "openat")).toBe((none["openat"]?.calls ?? 0) + 40_009);
    expect(callsOf(bill, "close")).toBe((none["close"]?.calls ?? 0) + 40_009);
    const named = bill.lines.filter(({ target }) => target.path !== null);
    const folded = bill.lines.filter(
      ({ syscall, target }) =>
        syscall === "openat" && target.kind === "file" && target.path === null,
    );
    expect(named.length).toBeGreaterThan(1000);
    expect(folded.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(20_000);
  },
);

ebpfTest(
  "io_uring operations are counted by opcode, beside the calls that submit them",
  async () => {
    const bill = await billWithinMemory([ring, "1009", "211"]);
    expectAuditHolds(bill);
    expect(
      bill.uring.map(({ opcode, count, completed, errors, bytes }) => ({
        opcode,
        count,
        completed,
        errors,
        bytes,
      })),
    ).toEqual([
      { opcode: "NOP", count: 1009, completed: 1009, errors: 0, bytes: 0 },
      { opcode: "READ", count: 211, completed: 211, errors: 0, bytes: 211 * 512 },
    ]);
    expect(callsOf(bill, "io_uring_enter")).toBe(1009 + 211);
  },
);
