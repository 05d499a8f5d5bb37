/** The most expensive lines: process, system call and target with what they cost. */
import { type Bill, type BillLine, displayWidth, printable } from "@crossbill/core";
import { type Column, padEnd, renderTable, titled } from "./columns.ts";
import { formatBytes, formatCount, formatTime } from "./numbers.ts";
import type { Paint } from "./paint.ts";
import { type ProcessNames, processNames, targetName } from "./target-name.ts";

/** How many of the lines show how their sizes are spread. */
const HISTOGRAMS = 3;
const HISTOGRAM_CELLS = 5;
/** Fewer calls than this are said by count and average. */
const HISTOGRAM_CALLS = 10;
const BAR_WIDTH = 20;
/** A comm has up to 15 bytes, each of which may need an escape; the target needs the room more. */
const COMM_WIDTH = 12;

export function linesSection(bill: Bill, top: number, paint: Paint, width: number): string[] {
  const lines = bill.lines.slice(0, top);
  if (lines.length === 0) return [];
  const [first] = lines;
  const single = first !== undefined && bill.processes.length <= 1;
  const names = processNames(bill);
  const whose = single ? ` of ${names(first.process, COMM_WIDTH)}` : "";
  const of = `${formatCount(lines.length)} of ${formatCount(bill.lines.length)}`;
  const title = `most expensive lines${whose} (${of})`;
  const last = {
    title: "target",
    cell: ({ target }: BillLine) => targetName(target),
  };
  const table = renderTable(lines, columns(single ? null : names), last, {
    indent: 2,
    width,
    isDense: true,
  });
  const notes = [
    ...(lines.some(isRough) ? [roughNote(bill)] : []),
    ...(lines.some(({ unfinished }) => unfinished !== undefined) ? [unfinishedNote] : []),
  ];
  return [...titled(title, table, paint), ...notes.map((note) => paint.faint(note))];
}

/** @param names null: all lines are of one process. */
function columns(names: ProcessNames | null): Column<BillLine>[] {
  const latency =
    (which: "p50" | "p99") =>
    ({ latency: bounds }: BillLine) =>
      bounds === null ? "" : upTo(bounds[which], bounds.atLeast?.[which]);
  return [
    ...costColumnsFor(names === null),
    { title: "p50", align: "right", cell: latency("p50") },
    { title: "p99", align: "right", cell: latency("p99") },
    {
      title: "process",
      align: "left",
      cell: ({ process }) => names?.(process, COMM_WIDTH) ?? "",
    },
    { title: "call", align: "left", cell: ({ syscall }) => printable(syscall, { maxWidth: 14 }) },
  ];
}

/** "4.00KiB": many columns leave little room for the target. */
function tight(text: string): string {
  return text.replace(" ", "");
}

/** "≤16.8ms"; without the sign where the lower bound would look the same. */
function upTo(high: number, low: number | undefined): string {
  const text = tight(formatTime(high));
  return low === undefined || tight(formatTime(low)) === text ? text : `≤${text}`;
}

/** Where processes or latencies need columns, the average size, a mere quotient, makes room. */
function costColumnsFor(singleProcess: boolean): Column<BillLine>[] {
  return costColumns.map((column) => {
    if (column.title !== "avg") return column;
    const isRoomy = ({ latency }: BillLine) => singleProcess && latency === null;
    return { ...column, cell: (line) => (isRoomy(line) ? column.cell(line) : "") };
  });
}

/** What a row of any grouping costs. */
type Cost = Pick<
  BillLine,
  "count" | "unfinished" | "bytes" | "boundaryNs" | "kernelNs" | "waitNs"
> & {
  readonly sequential?: number | null;
  readonly intervals?: BillLine["intervals"];
};

/** Few samples fell into it: the interval is as wide as the time itself. */
function isRough({ kernelNs, intervals }: Cost): boolean {
  if (intervals === undefined || kernelNs === 0) return false;
  return intervals.kernelNs.high - intervals.kernelNs.low >= kernelNs;
}

function roughNote({ timing }: Bill): string {
  return timing === "sampled"
    ? "  ~ from few samples; --exact-time times every call"
    : "  ~ less than the recorder's own cost may be off by";
}

const unfinishedNote = "  +n: calls that were entered and did not return";

export const costColumns: readonly Column<Cost>[] = [
  {
    title: "count",
    align: "right",
    cell: ({ count, unfinished }) =>
      formatCount(count) + (unfinished === undefined ? "" : `+${formatCount(unfinished)}`),
  },
  {
    title: "bytes",
    align: "right",
    cell: ({ bytes }) => (bytes === 0 ? "" : tight(formatBytes(bytes))),
  },
  {
    title: "avg",
    align: "right",
    cell: ({ bytes, count }) =>
      bytes === 0 || count === 0 ? "" : tight(formatBytes(bytes / count)),
  },
  {
    title: "seq",
    align: "right",
    cell: ({ sequential }) =>
      sequential === null || sequential === undefined ? "" : `${Math.floor(sequential * 100)} %`,
  },
  { title: "boundary", align: "right", cell: ({ boundaryNs }) => tight(formatTime(boundaryNs)) },
  {
    title: "kernel",
    align: "right",
    cell: (cost) => tight(`${isRough(cost) ? "~" : ""}${formatTime(cost.kernelNs)}`),
  },
  {
    title: "wait",
    align: "right",
    cell: ({ waitNs }) => (waitNs === 0 ? "" : tight(formatTime(waitNs))),
  },
];

/** How the sizes of the dearest lines that move bytes are spread. */
export function sizesSection(bill: Bill, top: number, paint: Paint, width: number): string[] {
  const lines = bill.lines.slice(0, top).filter(isWorthAHistogram);
  if (lines.length === 0) return [];
  const blocks = lines.slice(0, HISTOGRAMS).flatMap((line) => histogram(line, width));
  return [paint.strong("sizes"), ...blocks];
}

function isWorthAHistogram({ sizes }: BillLine): boolean {
  return sizes.reduce((sum, { count }) => sum + count, 0) >= HISTOGRAM_CALLS;
}

function histogram(line: BillLine, width: number): string[] {
  const name = printable(`${line.syscall} ${targetName(line.target)}`, {
    maxWidth: width - 2,
    cut: "middle",
  });
  const dearest = line.sizes.toSorted((a, b) => b.count - a.count).slice(0, HISTOGRAM_CELLS);
  const cells = dearest.toSorted((a, b) => a.atMost - b.atMost);
  const most = Math.max(...cells.map(({ count }) => count));
  const shown = cells.reduce((sum, { count }) => sum + count, 0);
  const all = line.sizes.reduce((sum, { count }) => sum + count, 0);
  const counts = cells.map(({ count }) => formatCount(count));
  const countWidth = Math.max(...counts.map(displayWidth));
  const rows = cells.map(({ atMost, count }, index) => {
    const bar = "#".repeat(Math.max(1, Math.round((count / most) * BAR_WIDTH)));
    const size = atMost === 0 ? "empty" : `up to ${formatBytes(atMost)}`;
    return `    ${padEnd(size, 16)}${(counts[index] ?? "").padStart(countWidth)}  ${bar}`;
  });
  const others = all === shown ? [] : [`    other sizes     ${formatCount(all - shown)}`];
  return [`  ${name}`, ...rows, ...others];
}
