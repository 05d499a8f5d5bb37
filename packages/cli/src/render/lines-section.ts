/** The most expensive lines: process, system call and target with what they cost. */
import {
  type Bill,
  type BillLine,
  displayWidth,
  type ProcessNames,
  printable,
  processNames,
  targetName,
} from "@crossbill/core";
import { type Column, fitTable, padEnd, titled } from "./columns.ts";
import { formatBytes, formatCount, formatTime } from "./numbers.ts";
import type { Paint } from "./paint.ts";

/** How many of the lines show how their sizes are spread. */
const HISTOGRAMS = 3;
const HISTOGRAM_CELLS = 5;
/** Fewer calls than this are said by count and average. */
const HISTOGRAM_CALLS = 10;
const BAR_WIDTH = 20;
/** A comm has up to 15 bytes, each of which may need an escape; the target needs the room more. */
const COMM_WIDTH = 12;
/** The 95 % interval of so many samples is as wide as the time they stand for: 2 × 1.96 √n = n. */
const ROUGH_SAMPLES = 15;

/** A line of the bill, or the sum of those that are not shown. */
interface Row extends BillLine {
  readonly others?: number;
}

export function linesSection(bill: Bill, top: number, paint: Paint, width: number): string[] {
  const lines = bill.lines.slice(0, top);
  if (lines.length === 0) return [];
  const [first] = lines;
  const single = first !== undefined && bill.processes.length <= 1;
  const names = processNames(bill);
  const whose = single ? ` of ${names(first.process, COMM_WIDTH)}` : "";
  const of = `${formatCount(lines.length)} of ${formatCount(bill.lines.length)}`;
  const rows: Row[] = [...lines, ...otherLines(bill.lines.slice(top))];
  const last = {
    title: "target",
    cell: ({ target, others }: Row) =>
      others === undefined ? targetName(target) : `(${formatCount(others)} more)`,
  };
  const isRoughRow = (row: Row) =>
    row.others === undefined ? isRough(row) : isRoughSum(row, bill);
  const { lines: table, leftOut } = fitTable(
    rows,
    columns(single ? null : names, bill.timing === "exact", isRoughRow),
    last,
    { indent: 2, width, isDense: true },
  );
  const missing = leftOut.length === 0 ? "" : `; no room: ${leftOut.join(", ")}`;
  const title = `most expensive lines${whose} (${of}${missing})`;
  return [
    ...titled(title, table, paint),
    ...(rows.some(isRoughRow) ? [paint.faint(roughNote(bill))] : []),
    ...(rows.some(isUnfinished) ? [paint.faint(unfinishedNote)] : []),
  ];
}

function otherLines(lines: readonly BillLine[]): Row[] {
  const [first] = lines;
  if (first === undefined) return [];
  const total = (of: (line: BillLine) => number) => lines.reduce((sum, line) => sum + of(line), 0);
  const kernelNs = total((line) => line.kernelNs);
  const row: Row = {
    ...first,
    others: lines.length,
    syscall: "",
    count: total(({ count }) => count),
    unfinished: total(({ unfinished = 0 }) => unfinished),
    bytes: total(({ bytes }) => bytes),
    sequential: null,
    boundaryNs: total(({ boundaryNs }) => boundaryNs),
    kernelNs,
    waitNs: total(({ waitNs }) => waitNs),
    intervals: { kernelNs: { low: kernelNs, likely: kernelNs, high: kernelNs } },
    latency: null,
  };
  return [row];
}

/** As `isRough` for one line: the samples that make up the time are so few. */
function isRoughSum({ kernelNs }: BillLine, { timing, time, processes }: Bill): boolean {
  if (timing !== "sampled" || kernelNs === 0) return false;
  const samples = processes.reduce((sum, process) => sum + process.samples.syscall, 0);
  return (samples * kernelNs) / time.kernelNs < ROUGH_SAMPLES;
}

/** @param names null: all lines are of one process. */
function columns(
  names: ProcessNames | null,
  isTimed: boolean,
  isRoughRow: (row: Row) => boolean,
): Column<Row>[] {
  const latency = (which: "p50" | "p99") => (row: Row) =>
    row.latency === null ? "" : upTo(row.latency[which], row.latency.atLeast?.[which]);
  return [
    ...costColumnsFor(names === null, isTimed, isRoughRow),
    { title: "p50", align: "right", cell: latency("p50"), yields: 4 },
    { title: "p99", align: "right", cell: latency("p99"), yields: 6 },
    {
      title: "process",
      align: "left",
      cell: ({ process, others }) =>
        others === undefined ? (names?.(process, COMM_WIDTH) ?? "") : "",
    },
    { title: "call", align: "left", cell: ({ syscall }) => printable(syscall), least: 10 },
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
function costColumnsFor(
  singleProcess: boolean,
  isTimed: boolean,
  isRoughRow: (row: Row) => boolean,
): Column<Row>[] {
  const isRoomy = ({ latency, others }: Row) =>
    singleProcess && latency === null && others === undefined;
  return costColumns.map((column): Column<Row> => {
    if (column.title === "avg") {
      return { ...column, cell: (row) => (isRoomy(row) ? column.cell(row) : "") };
    }
    // With latencies its product of count and price makes room for them, which nothing else tells.
    if (column.title === "boundary" && isTimed) return { ...column, yields: 5 };
    if (column.title !== "kernel") return column;
    return { ...column, cell: (row) => kernelText(row, isRoughRow(row)) };
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

const unfinishedNote = "  +n or -: calls that did not return, such as exit_group";

function isUnfinished({ count, unfinished = 0 }: Cost): boolean {
  return count === 0 || unfinished > 0;
}

/** "12", "12+1", "+1" when none of the calls returned, "-" when it is not known how many did not. */
function countText({ count, unfinished = 0 }: Cost): string {
  const returned = count === 0 ? "" : formatCount(count);
  const others = unfinished === 0 ? "" : `+${formatCount(unfinished)}`;
  return `${returned}${others}` || "-";
}

function kernelText({ kernelNs }: Cost, rough: boolean): string {
  return tight(`${rough ? "~" : ""}${formatTime(kernelNs)}`);
}

export const costColumns: readonly Column<Cost>[] = [
  {
    title: "count",
    align: "right",
    cell: countText,
  },
  {
    title: "bytes",
    align: "right",
    yields: 3,
    cell: ({ bytes }) => (bytes === 0 ? "" : tight(formatBytes(bytes))),
  },
  {
    title: "avg",
    align: "right",
    yields: 1,
    cell: ({ bytes, count }) =>
      bytes === 0 || count === 0 ? "" : tight(formatBytes(bytes / count)),
  },
  {
    title: "seq",
    align: "right",
    yields: 2,
    cell: ({ sequential }) =>
      sequential === null || sequential === undefined ? "" : `${Math.floor(sequential * 100)} %`,
  },
  { title: "boundary", align: "right", cell: ({ boundaryNs }) => tight(formatTime(boundaryNs)) },
  { title: "kernel", align: "right", cell: (cost) => kernelText(cost, isRough(cost)) },
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
