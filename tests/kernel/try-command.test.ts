/** crossbill try as a user calls it: what it says, what it keeps, and that files stay as they are. */
import { execFileSync } from "node:child_process";
import { createHash, randomBytes, randomInt } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Bill, parseBill } from "@crossbill/core";
import { beforeAll, describe, expect, test } from "vitest";
import { crossbill, type Ended, expectEnd, startCrossbill, useOwnFolder } from "./command-line.ts";

const folder = useOwnFolder();
const at = (name: string): string => join(folder.path, name);
/** 65,537 reads of 17 bytes and one that finds the end. */
const READS = 65_537;

beforeAll(() => {
  mkdirSync(at("tmp"));
  process.env["XDG_STATE_HOME"] = at("state");
  writeFileSync(at("words"), randomBytes(17 * READS));
  const dd = ["dd", `if=${at("words")}`, "bs=17", "status=none"];
  record("reads.json", [...dd, "of=/dev/null"]);
  record("copy.json", [...dd, `of=${at("copy")}`, "count=997"]);
});

/** Dear enough to record the order of all calls, however slow the machine is now. */
function record(name: string, command: string[]): void {
  const flags = ["--exact-time", "--sequence", "200k", "--json", at(name), "-o", at("text")];
  expectEnd(crossbill(["run", ...flags, "--", ...command]), { status: 0 });
}

const billOf = (name: string): Bill => parseBill(readFileSync(at(name), "utf8"));
const environment = () => ({ TMPDIR: at("tmp") });
const tried = (...args: string[]): Ended => crossbill(["try", ...args], "", environment());

/** Everything of a file that a trial could damage. */
function state(name: string): object {
  const { size, mtimeMs, ctimeMs, mode, ino } = statSync(at(name));
  const sum = createHash("sha256")
    .update(readFileSync(at(name)))
    .digest("hex");
  return { size, mtimeMs, ctimeMs, mode, ino, sum };
}

describe("a replay", () => {
  test("makes the recorded calls, says how true that is, and is kept", () => {
    const before = state("words");
    const ended = tried(at("reads.json"), "--finding", "small-reads", "--json");
    expectEnd(ended, { status: 0 });
    const { trials, refused } = JSON.parse(ended.stdout);
    expect(refused).toEqual([]);
    expect(trials).toHaveLength(1);
    expect(trials[0]).toMatchObject({
      ...{ kind: "replay", finding: "small-reads", coverage: null },
      replay: { order: "recorded", path: at("words") },
    });
    const { calls, recordedCalls, unchangedCalls, changedCalls, recordedNs } = trials[0].replay;
    expect(unchangedCalls).toBe(calls);
    // One read of 64 KiB serves 3,855 of 17 bytes; the last finds the end.
    expect(changedCalls).toBeLessThanOrEqual(Math.ceil((calls * 17) / 65_536) + 1);
    const lines = billOf("reads.json").lines.filter(
      ({ target, syscall }) => target.path === at("words") && /^(read|lseek)$/.test(syscall),
    );
    expect(lines.map(({ syscall, count }) => (syscall === "read" ? count : 0))).toContain(
      READS + 1,
    );
    expect(recordedCalls).toBe(lines.reduce((all, { count }) => all + count, 0));
    expect(recordedNs).toBe(
      lines.reduce((all, line) => all + line.boundaryNs + line.kernelNs + line.waitNs, 0),
    );
    expect(state("words")).toEqual(before);
    expect(readdirSync(at("tmp"))).toEqual([]);
    const board = JSON.parse(crossbill(["scoreboard", "--json"]).stdout);
    expect(board.trials.at(-1).triedAt).toBe(trials[0].triedAt);
    expect(board.scores[0]).toMatchObject({ finding: "small-reads", trials: 1 });
  });

  test("speaks in lines: what, unchanged, changed, shares, verdict", () => {
    const { stdout, status } = tried(at("copy.json"), "--finding", "copy-loop");
    expect(status).toBe(0);
    const [title, ...lines] = stdout.trimEnd().split("\n");
    expect(title).toBe("copy-loop: a copy through the program");
    const said = lines.map((line) => line.trim()).join(" ");
    expect(said).toMatch(
      /words: .*calls in their recorded order; .*unchanged: .*changed: .*predicted .* tried /,
    );
    expect(said).toMatch(/ (confirmed|refuted|cannot tell): /);
  });

  test("ends by Ctrl-C as programs do, and leaves nothing", async () => {
    const run = startCrossbill(["try", at("copy.json")], [], environment());
    while (readdirSync(at("tmp")).length === 0) await sleep(5);
    run.child.kill("SIGINT");
    expectEnd(await run.ended, { status: null, signal: "SIGINT" });
    expect(readdirSync(at("tmp"))).toEqual([]);
  });

  test("wrong orders are one line", () => {
    expectEnd(tried(), { status: 2 });
    expectEnd(tried(at("reads.json"), at("copy.json")), { status: 2 });
    expectEnd(tried(at("words")), { status: 125 });
    const unknown = tried(at("reads.json"), "--finding", "fsync-storm");
    expectEnd(unknown, { status: 2 });
    expect(unknown.stderr).toMatch(/^crossbill: .*no finding fsync-storm; .*small-reads.*\n$/);
  });
});

describe("hostile bills", () => {
  /** The bill of the reads with another file in place of the words. */
  function hostile(path: string, change: (bill: Bill) => void = () => {}): string {
    const bill = billOf("reads.json");
    const targets = [...bill.lines, ...(bill.sequences ?? [])].map(({ target }) => target);
    for (const target of targets) if (target.path === at("words")) target.path = path;
    change(bill);
    writeFileSync(at("hostile.json"), JSON.stringify(bill));
    const ended = tried(at("hostile.json"), "--finding", "small-reads");
    expectEnd(ended, { status: 0 });
    expect(ended.stdout + ended.stderr).not.toContain("    at "); // No stack trace.
    return ended.stdout.replace(/\s+/g, " ");
  }

  test("devices, pipes, links and files that others keep from us are not opened", () => {
    execFileSync("mkfifo", [at("fifo")]);
    symlinkSync("/etc/shadow", at("shadow"));
    for (const path of [at("fifo"), "/dev/zero", "/dev/tty", at("tmp")]) {
      expect(hostile(path)).toContain(`${path} is not a regular file`);
    }
    expect(hostile(at("shadow"))).toContain("is a symbolic link now");
    expect(hostile(`${at("words")}\u001b[2J`)).not.toContain("\u001b");
    expect(hostile(at("words").slice(1))).toContain("not replayed: ");
  });

  test("sizes and counts beyond all bounds are refused or cut", () => {
    const enormous = hostile(at("words"), ({ lines }) => {
      for (const line of lines) if (line.syscall === "read") line.target.sizeBytes = 2 ** 53 - 1;
    });
    expect(enormous).toContain("is smaller than it was recorded");
    const million = hostile(at("words"), ({ sequences = [] }) => {
      for (const { accesses, target } of sequences) {
        if (target.path !== at("words")) continue;
        accesses.length = 0;
        for (let index = 0; index < 1_100_000; index += 1) accesses.push([0, index, 1, 1, index]);
      }
    });
    expect(million).toMatch(/words: .*calls in their recorded order/);
    const gigabytes = hostile(at("words"), ({ sequences = [] }) => {
      for (const { accesses } of sequences) {
        for (const access of accesses) access[2] = 2 ** 40;
      }
    });
    expect(gigabytes).toContain("more than 16 MiB at a time");
  });

  test("a bill of another machine is no measure for this one", () => {
    const text = hostile(at("words"), (bill) => {
      bill.machine.key = "0".repeat(64);
    });
    expect(text).toContain("another machine");
  });
});

describe.runIf(process.getuid?.() === 0)("under sudo", () => {
  test("trials run as the user who called it, who may not read what root may", () => {
    const before = state("words");
    chmodSync(at("words"), 0o600);
    chmodSync(folder.path, 0o755);
    const nobody = { SUDO_UID: "65534", SUDO_GID: "65534", TMPDIR: "/tmp" };
    const ended = crossbill(["try", at("reads.json"), "--finding", "small-reads"], "", nobody);
    chmodSync(at("words"), 0o644);
    expectEnd(ended, { status: 0 });
    expect(ended.stdout.replace(/\s+/g, " ")).toMatch(/not replayed: .*Permission denied/);
    expect(state("words")).toMatchObject({ sum: Object.entries(before).at(-1)?.[1] });
  });
});

/** Processes whose command line names our folder for temporary files. */
function stillRunning(): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      const isMeasure = readlinkSync(`/proc/${pid}/exe`).endsWith("/crossbill-measure");
      return isMeasure && readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(at("tmp"));
    } catch {
      return false; // It has ended meanwhile.
    }
  });
}

test("killed at 100 random moments, a trial has changed nothing, and the next leaves nothing", async () => {
  const names = ["words", "copy"];
  const before = names.map(state);
  const length = await lengthOfTrial();
  let midway = 0;
  for (let kill = 0; kill < 100; kill += 1) {
    const run = startCrossbill(
      ["try", at("copy.json"), "--finding", "copy-loop"],
      [],
      environment(),
    );
    while (!run.said.stderr.includes("trying")) await sleep(2);
    await sleep(randomInt(Math.ceil(length)));
    run.child.kill("SIGKILL");
    const { signal } = await run.ended;
    if (signal === "SIGKILL" && readdirSync(at("tmp")).length > 0) midway += 1;
    expect(names.map(state)).toEqual(before);
  }
  expect(midway).toBeGreaterThan(10);
  for (let patience = 0; patience < 100 && stillRunning().length > 0; patience += 1)
    await sleep(50);
  expect(stillRunning()).toEqual([]);
  expectEnd(tried(at("copy.json"), "--finding", "copy-loop"), { status: 0 });
  expect(readdirSync(at("tmp"))).toEqual([]);
  expect(names.map(state)).toEqual(before);
  expect(existsSync(at("state/crossbill/scoreboard.jsonl"))).toBe(true);
  // Whatever was being appended when it was killed, the board can be read.
  expectEnd(crossbill(["scoreboard"]), { status: 0 });
}, 600_000);

/** From the first word of a whole trial to its end, ms. */
async function lengthOfTrial(): Promise<number> {
  const run = startCrossbill(["try", at("copy.json"), "--finding", "copy-loop"], [], environment());
  while (!run.said.stderr.includes("trying")) await sleep(2);
  const beganAt = performance.now();
  await run.ended;
  return performance.now() - beganAt;
}
