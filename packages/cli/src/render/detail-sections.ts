/** What the tables leave open: errors, faults, switches, io_uring, warnings and the audit. */
import { type Bill, describeWarning, printable } from "@crossbill/core";
import { type Column, renderTable, titled } from "./columns.ts";
import { counted, formatBytes, formatCount, formatTime } from "./numbers.ts";
import type { Paint } from "./paint.ts";
import { wrapText } from "./wrap.ts";

interface ErrorRow {
  readonly syscall: string;
  readonly error: string;
  readonly count: number;
  readonly calls: number;
}

export function errorsSection(bill: Bill, top: number, paint: Paint, width: number): string[] {
  const rows = bill.syscalls
    .flatMap(({ name, errors, count: calls }) =>
      Object.entries(errors).map(
        ([error, count]): ErrorRow => ({
          syscall: name,
          error,
          count,
          calls,
        }),
      ),
    )
    .sort((a, b) => b.count - a.count);
  if (rows.length === 0 || top === 0) return [];
  const columns: Column<ErrorRow>[] = [
    { title: "count", align: "right", cell: ({ count }) => formatCount(count) },
    { title: "of", align: "right", cell: ({ calls }) => formatCount(calls) },
    { title: "call", align: "left", cell: ({ syscall }) => printable(syscall) },
  ];
  const last = { title: "error", cell: ({ error }: ErrorRow) => error };
  const shown = rows.slice(0, top);
  const table = renderTable(shown, columns, last, { indent: 2, width });
  return titled(`errors (${shown.length} of ${counted(rows.length, "kind")})`, table, paint);
}

export function faultsSection(bill: Bill, paint: Paint, width: number): string[] {
  const { minor, major } = bill.faults;
  const { voluntary, involuntary } = bill.switches;
  return [
    paint.strong("faults and switches"),
    ...wrapText(
      `${formatCount(minor.count)} minor (${formatTime(minor.ns)}), ` +
        `${formatCount(major.count)} major (${formatTime(major.ns)})`,
      { width, lead: "  page faults  " },
    ),
    ...wrapText(`${formatCount(voluntary)} voluntary, ${formatCount(involuntary)} involuntary`, {
      width,
      lead: "  switches     ",
    }),
  ];
}

export function uringSection(bill: Bill, paint: Paint, width: number): string[] {
  if (bill.uring.length === 0) return [];
  type Row = Bill["uring"][number];
  const columns: Column<Row>[] = [
    { title: "submitted", align: "right", cell: ({ count }) => formatCount(count) },
    { title: "completed", align: "right", cell: ({ completed }) => formatCount(completed) },
    { title: "errors", align: "right", cell: ({ errors }) => (errors === 0 ? "" : `${errors}`) },
    {
      title: "bytes",
      align: "right",
      cell: ({ bytes }) => (bytes === 0 ? "" : formatBytes(bytes)),
    },
  ];
  const last = { title: "operation", cell: ({ opcode }: Row) => opcode };
  const table = renderTable(bill.uring, columns, last, { indent: 2, width });
  return titled("io_uring", table, paint);
}

/** Everything that limits what the bill can be believed. */
export function warningsSection(bill: Bill, paint: Paint, width: number): string[] {
  return bill.warnings
    .flatMap((warning) => wrapText(describeWarning(warning), { width, lead: "warning: " }))
    .map((line) => paint.alarm(line));
}

/** The bill's account of itself. */
export function auditLines({ audit, recorder, timing, imported }: Bill, width: number): string[] {
  const observer = imported === undefined ? `${recorder} recorder (${timing})` : imported.from;
  const perCrossing = audit.overheadNsPerCrossing;
  const still = audit.stillRunning === 0 ? "" : `; still running ${audit.stillRunning}`;
  const unnamed = audit.unnamed === 0 ? "" : `; unnamed ${formatCount(audit.unnamed)}`;
  return wrapText(
    `entered ${formatCount(audit.entered)} = left ${formatCount(audit.left)} ` +
      `+ in flight ${formatCount(audit.inFlight)}; not itemised ${formatCount(audit.unitemised)}; ` +
      `lost ${formatCount(audit.lost)}${unnamed}${still}; ${observer} ` +
      `${formatTime(perCrossing)} per crossing, ${formatTime(audit.overheadNs)} in all (subtracted)`,
    { width, lead: "audit: " },
  );
}
