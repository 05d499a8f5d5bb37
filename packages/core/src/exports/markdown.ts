/** Markdown: a bill in short for a pull request, with exact figures. GitHub's flavour. */
import type { Bill } from "../bill/shape.ts";
import { describeWarning } from "../bill/warnings.ts";
import { code, escapeMarkdown } from "../markdown.ts";
import { markdownTable, type ReportTable } from "../markdown-table.ts";
import { processNames } from "../process-names.ts";
import { targetName } from "../target-name.ts";
import { waitReasons } from "../wait-reason.ts";
import { billValues, looseCalls, valuesOf } from "./call-values.ts";
import type { ExportFormat } from "./export-format.ts";

export const markdown: ExportFormat = {
  id: "markdown",
  extension: "md",
  mediaType: "text/markdown; charset=utf-8",
  carries:
    "the time by part, system calls, the dearest lines (`--top`), findings, warnings; the five figures",
  lacks: "call sites; further lines",
  readers: "markdown-it; made for comments and summaries of pull requests",
  write(bill, { top }) {
    const { crossings, bytes } = billValues(bill);
    const tables = [timeTable(bill), findingsTable(bill), callsTable(bill), linesTable(bill, top)];
    const lines = [
      `### crossbill: ${code(bill.command.join(" "))}`,
      "",
      `${grouped(crossings)} crossings, ${grouped(bytes)} bytes, ${grouped(bill.elapsedNs)} ns elapsed`,
      ...tables.flatMap(markdownTable),
      ...warningLines(bill),
    ];
    return `${lines.join("\n")}\n`;
  },
};

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}

function timeTable({ time }: Bill): ReportTable {
  const waits = waitReasons
    .map((reason) => [`waiting: ${reason}`, time.waitNs[reason]] as const)
    .filter(([, ns]) => ns > 0);
  const parts: readonly (readonly [string, number])[] = [
    ["user", time.userNs],
    ["boundary", time.boundaryNs],
    ["kernel work", time.kernelNs],
    ...waits,
    ["page faults", time.faultNs],
    ["run queue", time.runQueueNs],
    ["not accounted for", time.residualNs],
    ["thread wall time", time.wallNs],
  ];
  return {
    title: "where the time went",
    columns: ["", "ns"],
    rows: parts.map(([part, ns]) => [part, grouped(ns)]),
  };
}

function findingsTable({ findings = [] }: Bill): ReportTable {
  return {
    title: "what would save some of it",
    columns: ["finding", "", "saves ns (low to high)"],
    rows: findings.map(({ code: name, title, saving: { lowNs, highNs } }) => [
      { name },
      title,
      `${grouped(Math.round(lowNs))} to ${grouped(Math.round(highNs))}`,
    ]),
  };
}

const figureColumns = ["crossings", "boundary ns", "kernel ns", "wait ns", "bytes"];

/** Every system call, and the time of calls that no row holds: they add up to the bill. */
function callsTable(bill: Bill): ReportTable {
  const loose = looseCalls(bill).filter(({ syscall }) => syscall === null);
  const rows = [
    ...bill.syscalls.map((row) => ({ name: row.name, values: valuesOf(row) })),
    ...loose.map(({ where, values }) => ({ name: where, values })),
  ];
  return {
    title: "system calls",
    columns: ["call", ...figureColumns],
    rows: rows.map(({ name, values }) => [{ name }, ...figures(values)]),
  };
}

function linesTable(bill: Bill, top: number): ReportTable {
  const names = processNames(bill);
  const shown = bill.lines.slice(0, top);
  return {
    title: `most expensive lines (${grouped(shown.length)} of ${grouped(bill.lines.length)})`,
    columns: ["process", "call", "target", ...figureColumns],
    rows: shown.map((line) => [
      { name: names(line.process) },
      { name: line.syscall },
      { name: targetName(line.target) },
      ...figures(valuesOf(line)),
    ]),
  };
}

function figures({ crossings, boundary, kernel, wait, bytes }: ReturnType<typeof valuesOf>) {
  return [crossings, boundary, kernel, wait, bytes].map(grouped);
}

function warningLines({ warnings }: Bill): string[] {
  if (warnings.length === 0) return [];
  return ["", ...warnings.map((one) => `- warning: ${escapeMarkdown(describeWarning(one))}`)];
}
