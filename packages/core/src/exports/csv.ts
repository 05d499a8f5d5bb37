/** CSV (RFC 4180): a row for each line of the bill, and for the calls that no line holds. */
import type { BillLine } from "../bill/shape.ts";
import { printable } from "../printable.ts";
import { processNames } from "../process-names.ts";
import { targetName } from "../target-name.ts";
import { type CallValues, looseCalls, valuesOf } from "./call-values.ts";
import type { ExportFormat } from "./export-format.ts";

const columns = [
  "process",
  "syscall",
  "target",
  "kind",
  "crossings",
  "errors",
  "bytes",
  "requested_bytes",
  "boundary_ns",
  "kernel_ns",
  "wait_ns",
] as const;
type Row = Readonly<Record<(typeof columns)[number], string | number>>;

export const csv: ExportFormat = {
  id: "csv",
  extension: "csv",
  mediaType: "text/csv; charset=utf-8; header=present",
  carries: "every line: process, system call, target, errors, sizes and the five figures",
  lacks: "call sites; the time outside calls",
  readers: "Python's csv; made for spreadsheets, where no cell is taken for a formula",
  write(bill) {
    const names = processNames(bill);
    const rows: Row[] = bill.lines.map((line) => lineRow(line, names(line.process)));
    for (const { where, syscall, values } of looseCalls(bill)) {
      rows.push({ ...emptyRow, ...figures(values), process: where, syscall: syscall ?? "" });
    }
    return [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))]
      .map((cells) => `${cells.join(",")}\r\n`)
      .join("");
  },
};

const emptyRow = { target: "", kind: "", errors: 0, requested_bytes: 0 };

function lineRow(line: BillLine, process: string): Row {
  return {
    ...figures(valuesOf(line)),
    process,
    syscall: line.syscall,
    target: targetName(line.target),
    kind: line.target.kind,
    errors: Object.values(line.errors).reduce((total, count) => total + count, 0),
    requested_bytes: line.requestedBytes,
  };
}

function figures(values: CallValues) {
  return {
    crossings: values.crossings,
    bytes: values.bytes,
    boundary_ns: values.boundary,
    kernel_ns: values.kernel,
    wait_ns: values.wait,
  };
}

/**
 * Spreadsheets run what begins like a formula, also behind spaces (OWASP, CSV injection): an apostrophe
 * goes before it, and before an apostrophe, so that the first one can be taken away again.
 */
function cell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const shown = printable(value);
  const safe = /^\s*[=+\-@'\uff1d\uff0b\uff0d\uff20]/u.test(shown) ? `'${shown}` : shown;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
