/** The text bill: first the answer, then the parts, then the audit. */
import { type Bill, groupLines, printable, processNames, selectCalls } from "@crossbill/core";
import type { View } from "../view.ts";
import { cutShown } from "./columns.ts";
import {
  auditLines,
  errorsSection,
  faultsSection,
  uringSection,
  warningsSection,
} from "./detail-sections.ts";
import { findingsSection } from "./findings-section.ts";
import { groupsSection } from "./groups-section.ts";
import { linesSection, sizesSection } from "./lines-section.ts";
import { counted, formatTime } from "./numbers.ts";
import { type Paint, paintFor } from "./paint.ts";
import { shellCommand } from "./shell-command.ts";
import { answerLines, timeSection } from "./time-section.ts";
import { wrapText } from "./wrap.ts";

/** A command or list of processes is not cut to less. */
const LEAST_NAME = 16;

/** The lines of the bill, each with its newline. */
export function* renderBill(
  whole: Bill,
  view: View & { readonly colour: boolean; readonly width: number },
): Generator<string> {
  const paint = paintFor(view.colour);
  const { trace, by, top, width } = view;
  const bill = trace === null ? whole : selectCalls(whole, trace.selection);
  const sections = [
    [titleLine(bill, paint, width), ...answerLines(bill, width).map((line) => paint.strong(line))],
    timeSection(bill, paint, width),
    findingsSection(whole, paint, { all: view.all, width }),
    trace === null ? [] : selectionLines(bill, trace.expression, width),
    by === null
      ? linesSection(bill, top, paint, width)
      : groupsSection(groupLines(bill, by), processNames(bill), by, top, paint, width),
    sizesSection(bill, by === null ? top : 0, paint, width),
    errorsSection(bill, top, paint, width),
    faultsSection(bill, paint, width),
    uringSection(bill, paint, width),
    warningsSection(bill, paint, width),
    auditLines(bill, width),
  ];
  const separated = sections.filter((section) => section.length > 0);
  for (const [index, section] of separated.entries()) {
    if (index > 0) yield "\n";
    for (const line of section) yield `${line}\n`;
  }
}

function titleLine(bill: Bill, paint: Paint, width: number): string {
  const { command, exit, processes } = bill;
  const end = exit.signal === null ? endOf(exit.code) : `, killed by ${printable(exit.signal)}`;
  const lead = command.length > 0 ? "crossbill: " : "crossbill: attached to ";
  const names = processNames(bill);
  const what =
    command.length > 0
      ? shellCommand(command, width)
      : processes.map((process) => names(process, width)).join(", ");
  const room = Math.max(LEAST_NAME, width - lead.length - end.length);
  return paint.faint(lead + cutShown(what, room) + end);
}

function endOf(code: number | null): string {
  return code === null || code === 0 ? "" : `, exit status ${code}`;
}

/** What -e left out of the lists below; the totals above hold everything. */
function selectionLines({ leftOut }: Bill, expression: string, width: number): string[] {
  const shown = `shown below: -e ${printable(expression, { maxWidth: 40 })}`;
  if (leftOut === null) return [shown];
  const ns = leftOut.boundaryNs + leftOut.kernelNs + leftOut.waitNs;
  const what = `${counted(leftOut.crossings, "crossing")} in ${counted(leftOut.lines, "line")}`;
  return wrapText(`${shown}; left out: ${what}, ${formatTime(ns)}`, { width });
}
