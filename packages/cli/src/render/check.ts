/** Check in text and Markdown: the limits of a budget beside what was seen, and what broke them. */
import {
  type Check,
  type CheckedLimit,
  code,
  escapeMarkdown,
  markdownTable,
  type ReportTable,
  targetName,
} from "@crossbill/core";
import { counted, formatCount } from "./numbers.ts";
import type { Paint } from "./paint.ts";
import { formatInterval, formatQuantity } from "./quantities.ts";
import { textTable } from "./report-table.ts";
import { shellCommand } from "./shell-command.ts";
import { wrapText } from "./wrap.ts";

/** A command is not shown beyond this in Markdown. */
const COMMAND_CHARACTERS = 120;

export function checkText(
  check: Check,
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string[] {
  const tables = [limitsTable(check), ...check.limits.map(linesTable)];
  const sections = [
    [
      paint.faint(`crossbill check: ${shellCommand(check.command, width)}`),
      ...wrapText(summary(check), { width }).map((line) => paint.strong(line)),
      ...notes(check).flatMap((note) => wrapText(note, { width })),
    ],
    ...tables.map((table) => textTable(table, paint, width)),
  ];
  return sections
    .filter((section) => section.length > 0)
    .flatMap((section, at) => (at === 0 ? section : ["", ...section]));
}

export function checkMarkdown(check: Check): string[] {
  return [
    `### crossbill: ${escapeMarkdown(summary(check))}`,
    "",
    code(check.command.join(" ").slice(0, COMMAND_CHARACTERS)),
    ...notes(check).flatMap((note) => ["", escapeMarkdown(note)]),
    ...[limitsTable(check), ...check.limits.map(linesTable)].flatMap(markdownTable),
  ];
}

/** "openat: 57, 17 over the 40 allowed". */
export function brokenLine({ what, seen, unit, excess, allowed, limit }: CheckedLimit): string {
  const per = /\/.*$/.exec(limit)?.[0] ?? "";
  const of = (value: number) => formatQuantity(value, unit);
  return `${what}: ${of(seen.low)}${per && ` ${per}`}, ${of(excess)} over the ${of(allowed)} allowed`;
}

function summary({ limits, runs, per }: Check): string {
  const broken = limits.filter(({ verdict }) => verdict === "broken");
  const kept = `${counted(limits.length - broken.length, "limit")} kept`;
  const units = per === null ? [] : [unitsText(per)];
  const details = [...(runs === 1 ? [] : [`the least of ${formatCount(runs)} runs`]), ...units];
  const verdict = broken.length === 0 ? kept : `${formatCount(broken.length)} broken, ${kept}`;
  return details.length === 0 ? verdict : `${verdict} (${details.join("; ")})`;
}

function unitsText({ unit, counts }: NonNullable<Check["per"]>): string {
  const different = [...new Set(counts)].map(formatCount);
  return `per ${unit}, of which there were ${different.join(", ")}`;
}

function notes({ lost }: Check): string[] {
  if (lost === 0) return [];
  return [`the recorder lost ${formatCount(lost)} calls or threads: counts are too low`];
}

function limitsTable({ limits }: Check): ReportTable {
  return {
    title: "budget",
    columns: ["", "of", "limit", "seen", "too much"],
    rows: limits.map(({ what, limit, unit, seen, verdict, excess }) => [
      verdict === "broken" ? "BROKEN" : "kept",
      { name: what },
      { name: limit },
      formatInterval(seen, unit),
      verdict === "broken" ? formatQuantity(excess, unit) : "",
    ]),
  };
}

function linesTable({ what, unit, lines }: CheckedLimit): ReportTable {
  return {
    title: `most of ${what}`,
    columns: [unit === "ns" ? "time" : unit, "call", "process", "target"],
    rows: lines.map(({ amount, syscall, process, target }) => [
      formatQuantity(amount, unit),
      { name: syscall },
      { name: `${process.comm} ${process.pid}` },
      { name: targetName(target) },
    ]),
  };
}
