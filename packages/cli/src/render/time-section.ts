/** Where the time went: the parts of the thread wall time, which add up to it. */
import type { Bill, Interval } from "@crossbill/core";
import { type Column, renderTable } from "./columns.ts";
import { counted, formatShare, formatTime } from "./numbers.ts";
import type { Paint } from "./paint.ts";
import { wrapText } from "./wrap.ts";

/** What a process's time has but the residual: user, boundary, kernel, faults, run queue and waiting. */
const ROUNDED_PARTS = 12;

interface Part {
  readonly name: string;
  readonly ns: number;
  readonly interval: Interval | null;
  readonly note: string;
}

/** The sentence that answers the question. */
export function answerLines(bill: Bill, width: number): string[] {
  const { time, audit, elapsedNs } = bill;
  const share = (ns: number) => formatShare(ns, time.wallNs);
  const crossings = counted(audit.entered, "crossing");
  return wrapText(
    `${crossings}${elapsedNs > 0 ? ` in ${formatTime(elapsedNs)}` : ""}: ` +
      `${share(time.boundaryNs)} of ${formatTime(time.wallNs)} thread time paid at the boundary, ` +
      `${share(time.kernelNs)} kernel work, ${share(waitingNs(bill))} waiting`,
    { width },
  );
}

function waitingNs(bill: Bill): number {
  return Object.values(bill.time.waitNs).reduce((sum, ns) => sum + ns, 0);
}

export function timeSection(bill: Bill, paint: Paint, width: number): string[] {
  const { wallNs } = bill.time;
  const columns: Column<Part>[] = [
    { title: "where the time went", align: "left", cell: ({ name }) => name },
    { title: "time", align: "right", cell: ({ ns }) => formatTime(ns) },
    { title: "share", align: "right", cell: ({ ns }) => formatShare(ns, wallNs) },
    { title: "95 % interval", align: "right", cell: ({ interval }) => formatInterval(interval) },
  ];
  const last = { title: "", cell: ({ note }: Part) => note };
  const [heading = "", ...rows] = renderTable(parts(bill), columns, last, { indent: 0, width });
  return [paint.strong(heading), ...rows];
}

function parts(bill: Bill): Part[] {
  const { time, intervals, faults } = bill;
  const part = (name: string, ns: number, interval: Interval | null = null, note = ""): Part => ({
    name: `  ${name}`,
    ns,
    interval,
    note,
  });
  const waits = Object.entries(time.waitNs).filter(([, ns]) => ns > 0);
  return [
    part("user", time.userNs, intervals.userNs),
    part("boundary", time.boundaryNs, intervals.boundaryNs, boundaryNote(bill)),
    part("kernel work", time.kernelNs, intervals.kernelNs),
    ...waits.map(([reason, ns]) => part(`waiting: ${reason}`, ns)),
    part("page faults", time.faultNs, null, faultNote(faults.basis)),
    part("run queue", time.runQueueNs),
    part("not accounted for", isRounding(bill) ? 0 : time.residualNs),
    { ...part("thread wall time", time.wallNs), name: "= thread wall time" },
  ];
}

/** Each part of each process is rounded to the nanosecond; what that leaves says nothing. */
function isRounding({ time, processes }: Bill): boolean {
  return Math.abs(time.residualNs) <= ROUNDED_PARTS * Math.max(1, processes.length);
}

function boundaryNote({ prices }: Bill): string {
  return `${formatTime(prices.nullSyscallNs.likely)} a crossing`;
}

function faultNote(basis: Bill["faults"]["basis"]): string {
  return basis === "priced" ? "priced, not measured" : basis;
}

/** An interval that has no width says nothing. */
function formatInterval(interval: Interval | null): string {
  if (interval === null || interval.low === interval.high) return "";
  return `${formatTime(interval.low)} to ${formatTime(interval.high)}`;
}
