/** The text bill: first the answer, then the parts, then the audit. */
import { type Bill, groupLines, printable, selectCalls } from "@crossbill/core";
import type { View } from "../view.ts";
import {
  auditLine,
  errorsSection,
  faultsSection,
  uringSection,
  warningsSection,
} from "./detail-sections.ts";
import { groupsSection } from "./groups-section.ts";
import { linesSection, sizesSection } from "./lines-section.ts";
import { formatCount, formatTime } from "./numbers.ts";
import { type Paint, paintFor } from "./paint.ts";
import { processNames } from "./target-name.ts";
import { answerLine, timeSection } from "./time-section.ts";

/** Fits most terminals and every review tool; the bill looks the same wherever it goes. */
const WIDTH = 100;

/** The lines of the bill, each with its newline. */
export function* renderBill(
  whole: Bill,
  view: View & { readonly colour: boolean },
): Generator<string> {
  const paint = paintFor(view.colour);
  const { trace, by, top } = view;
  const bill = trace === null ? whole : selectCalls(whole, trace.selection);
  const sections = [
    [titleLine(bill, paint), paint.strong(answerLine(bill))],
    timeSection(bill, paint, WIDTH),
    trace === null ? [] : [selectionLine(bill, trace.expression)],
    by === null
      ? linesSection(bill, top, paint, WIDTH)
      : groupsSection(groupLines(bill, by), processNames(bill), by, top, paint, WIDTH),
    sizesSection(bill, by === null ? top : 0, paint, WIDTH),
    errorsSection(bill, top, paint, WIDTH),
    faultsSection(bill, paint),
    uringSection(bill, paint, WIDTH),
    warningsSection(bill, paint),
    [auditLine(bill)],
  ];
  const separated = sections.filter((section) => section.length > 0);
  for (const [index, section] of separated.entries()) {
    if (index > 0) yield "\n";
    for (const line of section) yield `${line}\n`;
  }
}

function titleLine(bill: Bill, paint: Paint): string {
  const { command, exit, processes } = bill;
  const names = processNames(bill);
  const attached = processes.map((process) => names(process)).join(", ");
  const what = command.length > 0 ? command.join(" ") : attached;
  const lead = command.length > 0 ? "" : "attached to ";
  const name = lead + printable(what, { maxWidth: WIDTH - 30 });
  const end = exit.signal === null ? endOf(exit.code) : `, killed by ${printable(exit.signal)}`;
  return paint.faint(`crossbill: ${name}${end}`);
}

function endOf(code: number | null): string {
  return code === null || code === 0 ? "" : `, exit status ${code}`;
}

/** What -e left out of the lists below; the totals above hold everything. */
function selectionLine({ leftOut }: Bill, expression: string): string {
  const shown = `shown below: -e ${printable(expression, { maxWidth: 40 })}`;
  if (leftOut === null) return shown;
  const ns = leftOut.boundaryNs + leftOut.kernelNs + leftOut.waitNs;
  return (
    `${shown}; left out: ${formatCount(leftOut.crossings)} crossings ` +
    `in ${formatCount(leftOut.lines)} lines, ${formatTime(ns)}`
  );
}
