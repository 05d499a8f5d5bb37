import { readFileSync } from "node:fs";
import {
  type Bill,
  displayWidth,
  makeBill,
  parsePrices,
  parseRecording,
  parseTraceExpression,
  type Recording,
} from "@crossbill/core";
import { describe, expect, test } from "vitest";
import type { View } from "../view.ts";
import { renderBill } from "./bill.ts";

const golden = new URL("../../../core/src/golden/", import.meta.url);
const read = (name: string) => readFileSync(new URL(`${name}.golden.json`, golden), "utf8");
const prices = parsePrices(read("prices"));
const recordingOf = (name: string): Recording => parseRecording(read(`${name}.recording`));
const billOf = (name: string): Bill => makeBill(recordingOf(name), prices);

const usual = { top: 10, by: null, trace: null, all: false, colour: false, width: 80 };

function render(bill: Bill, view: Partial<View & { colour: boolean; width: number }> = {}): string {
  return [...renderBill(bill, { ...usual, ...view })].join("");
}

describe.each(["dd", "exact", "overflow", "ptrace"])("the %s recording", (name) => {
  test("gives the text that is committed", async () => {
    await expect(render(billOf(name))).toMatchFileSnapshot(`golden/${name}.txt`);
  });

  test.each(["process", "syscall", "target"] as const)("keeps its totals by %s", (by) => {
    const text = render(billOf(name), { by });
    expect(text).toContain("most expensive");
    expect(text.split("\n").at(-2)).toBe(render(billOf(name)).split("\n").at(-2));
  });

  test.each([80, 100, 132])("fits %d columns", (width) => {
    for (const by of [null, "process", "syscall", "target"] as const) {
      const lines = render(billOf(name), { top: 50, by, width }).split("\n");
      for (const line of lines) expect(displayWidth(line), line).toBeLessThanOrEqual(width);
    }
  });
});

test("names of calls are cut where there is no room, and only there", () => {
  const exact = recordingOf("exact");
  const lines = exact.lines.map((line) =>
    line.syscall === "futex" ? { ...line, syscall: "clock_nanosleep_time64" } : line,
  );
  const bill = makeBill({ ...exact, lines }, prices);
  expect(render(bill, { width: 120 })).toContain("  clock_nanosleep_time64\n");
  const narrow = render(bill, { width: 80 });
  expect(narrow).toMatch(/no room: [a-z0-9, ]+\)/);
  expect(narrow).toMatch(/clock_nan[a-z_]*…/);
});

test("latencies of many processes find room in 80 columns", () => {
  const exact = billOf("exact");
  const [first] = exact.processes;
  if (first === undefined) throw new Error("no process");
  const lines = exact.lines.map((line) => ({
    ...line,
    process: { ...line.process, comm: "long-of-name" },
  }));
  const text = render({ ...exact, lines, processes: [first, { ...first, id: 99 }] });
  expect(text).toMatch(/no room: seq, bytes, p50, boundary\)/);
  expect(text).toMatch(/\n +count .* p99 +process +call/);
});

test("lines that are not shown are summed, and calls that did not return are no count of 0", () => {
  const whole = billOf("dd");
  const [first] = whole.lines;
  if (first === undefined) throw new Error("no lines");
  const ended = { ...first, syscall: "exit_group", count: 0, waitNs: 1.03e9 };
  const bill = { ...whole, lines: [{ ...ended, unfinished: 1 }, ended, ...whole.lines] };
  const text = render(bill, { top: 3 });
  expect(text).toMatch(/\n +\+1 .* 1\.03s +exit_group/);
  expect(text).toMatch(/\n +- .* 1\.03s +exit_group/);
  expect(text).toContain("  +n or -: calls that did not return, such as exit_group\n");
  const others = bill.lines.slice(3);
  const count = others.reduce((sum, line) => sum + line.count, 0).toLocaleString("en-US");
  expect(text).toMatch(new RegExp(`\\n +${count} .*\\(${others.length} more\\)\\n`));
});

test("a residual that is rounding is none", () => {
  const bill = billOf("dd");
  const rounded = { ...bill, time: { ...bill.time, residualNs: -1 } };
  expect(render(rounded)).toMatch(/not accounted for +0 +0 %\n/);
});

test("the title quotes the command as a shell needs it", () => {
  const command = ["sh", "-c", "ls -l", "--save", ""];
  expect(render({ ...billOf("dd"), command })).toContain("crossbill: sh -c 'ls -l' --save ''\n");
});

test("a filter says what it left out, and the totals stay", () => {
  const trace = { expression: "read", selection: parseTraceExpression("read") };
  const [all, some] = [render(billOf("dd")), render(billOf("dd"), { trace })];
  expect(some).toMatch(/shown below: -e read; left out: [\d,]+ crossings in \d+ lines/);
  expect(some.split("\n").slice(0, 5)).toEqual(all.split("\n").slice(0, 5));
});

test("many processes of one line are shown by their number, not as one of them", () => {
  const many = recordingOf("overflow");
  const processes = many.processes.map((process) =>
    process.pid === 701 ? { ...process, comm: "true", instances: 9_874 } : process,
  );
  const bill = makeBill({ ...many, processes }, prices);
  for (const by of [null, "process"] as const) {
    expect(render(bill, { by })).toContain("true x9,874");
    expect(render(bill, { by })).not.toMatch(/true 701/);
  }
});

test("--top limits the lines, and 0 shows no list", () => {
  expect(render(billOf("ptrace"), { top: 1 })).toMatch(/most expensive lines[^\n]*\(1 of \d+\)/);
  expect(render(billOf("ptrace"), { top: 1 })).toContain("errors (1 of 1 kind)");
  expect(render(billOf("ptrace"), { top: 0 })).not.toMatch(/most expensive|errors/);
});

/** Controls but the newline, what reorders or hides text, and halves of characters. */
function isHarmful(character: string): boolean {
  return character !== "\n" && /^[\p{C}\u200b]$/u.test(character);
}

/** The names a hostile program would give itself and its files. */
const hostile = "\u001b[2J\u001b]0;title\u0007\n\r\t\u0000\u009b31m\u202e\u200b\udcff\udc80";

function poison(recording: Recording): Recording {
  return {
    ...recording,
    command: recording.command.map((word) => word + hostile),
    processes: recording.processes.map((process) => ({
      ...process,
      comm: hostile,
      exe: `/bin/${hostile}`,
    })),
    targets: recording.targets.map((target) => ({
      ...target,
      name: `${"/long".repeat(100)}${hostile}${target.id}`,
    })),
  };
}

test.each([null, "process", "syscall", "target"] as const)(
  "no control, direction or invalid character of a name reaches the terminal (by %s)",
  (by) => {
    for (const name of ["dd", "exact", "overflow", "ptrace"]) {
      const text = render(makeBill(poison(recordingOf(name)), prices), { by });
      expect((text.match(/./gsu) ?? []).filter(isHarmful)).toEqual([]);
      expect(text.split("\n").length).toBe(render(billOf(name), { by }).split("\n").length);
    }
  },
);

test("colours are used only when they are asked for, and take no room", () => {
  const plain = render(billOf("dd"));
  const coloured = render(billOf("dd"), { colour: true });
  expect(plain).not.toContain("\u001b");
  expect(coloured).toContain("\u001b[1m");
  // oxlint-disable-next-line no-control-regex
  expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(plain);
});
