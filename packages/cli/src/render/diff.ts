/** Diff in text and Markdown: what two bills differ in, then the rules. */
import {
  code,
  type Diff,
  type DiffLine,
  type DiffProcess,
  type DiffTotal,
  escapeMarkdown,
  markdownTable,
  printable,
  type ReportTable,
  type RuleResult,
} from "@crossbill/core";
import { counted, formatCount, formatTime } from "./numbers.ts";
import type { Paint } from "./paint.ts";
import { formatGrowth, formatInterval, formatQuantity, signed } from "./quantities.ts";
import { textTable } from "./report-table.ts";
import { shellCommand } from "./shell-command.ts";
import { wrapText } from "./wrap.ts";

export interface DiffView {
  /** What the user calls the two. */
  readonly names: readonly [string, string];
  /** How many calls and lines are shown. */
  readonly top: number;
}

/** A command is not shown beyond this. */
const COMMAND_WIDTH = 120;

export function diffText(
  diff: Diff,
  { names, top }: DiffView,
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string[] {
  const sections = [
    (["a", "b"] as const).flatMap((side, at) =>
      wrapText(`${names[at]}: `, { width, lead: `${side}: ` }).map(
        (line) => `${line} ${shellCommand(diff[side].command, width)}`,
      ),
    ),
    notes(diff).flatMap((note) => wrapText(note, { width })),
    ...tables(diff, top).map((table) => textTable(table, paint, width)),
    wrapText(summary(diff), { width }),
  ];
  return sections
    .filter((section) => section.length > 0)
    .flatMap((section, at) => (at === 0 ? section : ["", ...section]));
}

export function diffMarkdown(diff: Diff, { names, top }: DiffView): string[] {
  return [
    `### crossbill: ${escapeMarkdown(summary(diff))}`,
    "",
    ...(["a", "b"] as const).map(
      (side, at) =>
        `- ${side}: ${code(names[at] ?? "")} ${code(diff[side].command.join(" ").slice(0, COMMAND_WIDTH))}`,
    ),
    ...notes(diff).map((note) => `- ${escapeMarkdown(note)}`),
    ...tables(diff, top).flatMap(markdownTable),
  ];
}

function tables(diff: Diff, top: number): ReportTable[] {
  return [rulesTable(diff.rules), totalsTable(diff), callsTable(diff, top), linesTable(diff, top)];
}

/** What must be known before the figures are believed. */
function notes({ a, b, timesCompared }: Diff): string[] {
  const lost = (
    [
      ["a", a],
      ["b", b],
    ] as const
  ).flatMap(([name, side]) =>
    side.lost === 0
      ? []
      : [
          `the recorder lost ${formatCount(side.lost)} calls or threads of ${name}: its counts are too low`,
        ],
  );
  return [
    ...(timesCompared ? [] : ["the machines differ: counts are compared, times are not"]),
    ...(a.recorder === b.recorder && a.timing === b.timing
      ? []
      : [
          `recorded differently: a by ${a.recorder} (${a.timing}), b by ${b.recorder} (${b.timing})`,
        ]),
    ...lost,
  ];
}

function summary({ syscalls, lines, rules, totals }: Diff): string {
  const broken = rules.filter(({ verdict }) => verdict === "broken").length;
  const crossings = totals.find(({ name }) => name === "crossings");
  const growth =
    crossings === undefined
      ? ""
      : `crossings ${formatGrowth(crossings.a.likely, crossings.b.likely, "calls")}`;
  const differences =
    syscalls.length + lines.length === 0
      ? "nothing that counts differs"
      : `${counted(syscalls.length, "system call")} and ${counted(lines.length, "line")} differ`;
  const verdict = broken === 0 ? "" : `; ${counted(broken, "rule")} broken`;
  return `${growth}; ${differences}${verdict}`;
}

function rulesTable(rules: readonly RuleResult[]): ReportTable {
  return {
    title: "rules",
    columns: ["", "rule", "a", "b", "grew by", "allowed"],
    rows: rules.map(({ rule, verdict, a, b, unit, growth, allowed }) => [
      verdict === "broken" ? "BROKEN" : verdict,
      { name: rule },
      formatInterval(a, unit),
      formatInterval(b, unit),
      signed(growth, unit),
      signed(allowed, unit),
    ]),
  };
}

function totalsTable({ totals }: Diff): ReportTable {
  return {
    title: "in all",
    columns: ["", "a", "b", "change", ""],
    rows: totals
      .filter(({ a, b }) => a.high > 0 || b.high > 0)
      .map((total) => [
        total.name,
        formatInterval(total.a, total.unit),
        formatInterval(total.b, total.unit),
        formatGrowth(total.a.likely, total.b.likely, total.unit),
        differenceText(total),
      ]),
  };
}

function differenceText({ differs, unit }: DiffTotal): string {
  if (differs === null) return "?";
  if (differs) return "DIFFERS";
  return unit === "ns" ? "same within noise" : "same";
}

function callsTable({ syscalls }: Diff, top: number): ReportTable {
  const shown = syscalls.slice(0, top);
  return {
    title: `system calls that differ (${shown.length} of ${formatCount(syscalls.length)})`,
    columns: ["call", "a", "b", "change"],
    rows: shown.map((row) => [
      { name: row.name },
      formatCount(row.calls.a),
      formatCount(row.calls.b),
      changeText(row),
    ]),
  };
}

function linesTable({ lines }: Diff, top: number): ReportTable {
  const shown = lines.slice(0, top);
  return {
    title: `lines that differ (${shown.length} of ${formatCount(lines.length)})`,
    columns: ["process", "call", "target", "a", "b", "change"],
    rows: shown.map((row) => [
      { name: processName(row.process) },
      { name: row.syscall },
      { name: targetText(row.target) },
      formatCount(row.calls.a),
      formatCount(row.calls.b),
      changeText(row),
    ]),
  };
}

function processName({ comm, nth }: DiffProcess): string {
  return nth === 1 ? comm : `${comm} (${formatCount(nth)})`;
}

function targetText({ kind, name, deleted }: DiffLine["target"]): string {
  if (kind === "none") return "";
  return `${name ?? `${kind} (no name)`}${deleted ? " (deleted)" : ""}`;
}

type Change = Pick<DiffLine, "state" | "calls" | "bytes" | "errors"> & Partial<DiffLine>;

/** "added: +13; ENOENT +13; +1 B; kernel 1.00 ms to 3.00 ms". */
function changeText({ state, calls, bytes, errors, kernelNs }: Change): string {
  const parts = [
    ...(calls.a === calls.b ? [] : [formatGrowth(calls.a, calls.b, "calls")]),
    ...Object.entries(errors).map(
      ([name, { a, b }]) => `${printable(name, { maxWidth: 40 })} ${signed(b - a, "errors")}`,
    ),
    ...(bytes.a === bytes.b ? [] : [bytesText(bytes)]),
    ...(state === "changed" && kernelNs?.differs === true
      ? [`kernel ${formatTime(kernelNs.a.likely)} to ${formatTime(kernelNs.b.likely)}`]
      : []),
  ];
  return `${state === "changed" ? "" : `${state}${parts.length > 0 ? ": " : ""}`}${parts.join("; ")}`;
}

/** Scaled bytes may look alike that differ: then the difference is what is left to say. */
function bytesText({ a, b }: { readonly a: number; readonly b: number }): string {
  return `bytes ${b > a ? "+" : ""}${formatQuantity(b - a, "bytes")}`;
}
