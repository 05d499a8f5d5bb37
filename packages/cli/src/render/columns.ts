/** Columns: cells aligned by their width on a terminal, the last column cut to what is left. */
import { displayWidth, printable } from "@crossbill/core";
import type { Paint } from "./paint.ts";

export interface Column<Row> {
  readonly title: string;
  readonly align: "left" | "right";
  /** Text that is safe to print; empty for nothing to say. */
  cell(row: Row): string;
}

interface TableOptions {
  readonly indent: number;
  /** Columns of the terminal the table may take. */
  readonly width: number;
  /** One space behind numbers instead of two; for cells without spaces of their own. */
  readonly isDense?: boolean;
}

/** The last column keeps at least this much, even when the others leave less. */
const LAST_WIDTH_MIN = 16;

/**
 * The lines of a table, heading first. Columns without any text are left out; the last one holds
 * raw names, which are made safe and cut in the middle here.
 */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  last: Pick<Column<Row>, "title" | "cell">,
  { indent, width, isDense = false }: TableOptions,
): string[] {
  const used = columns
    .map((column) => ({ ...column, cells: rows.map((row) => column.cell(row)) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ""));
  const widths = used.map(({ title, cells }) => Math.max(...[title, ...cells].map(displayWidth)));
  const gaps = used.map(({ align }, index) =>
    isDense && align === "right" && used[index + 1]?.align === "right" ? " " : "  ",
  );
  const before = indent + [...widths, ...gaps.map(displayWidth)].reduce((a, b) => a + b, 0);
  const room = Math.max(LAST_WIDTH_MIN, width - before);
  const line = (cells: readonly string[], end: string) => {
    const padded = used.map(({ align }, index) => {
      const pad = align === "left" ? padEnd : padStart;
      return pad(cells[index] ?? "", widths[index] ?? 0) + (gaps[index] ?? "");
    });
    return (" ".repeat(indent) + padded.join("") + end).trimEnd();
  };
  const heading = line(
    used.map(({ title }) => title),
    last.title,
  );
  const body = rows.map((row, index) =>
    line(
      used.map(({ cells }) => cells[index] ?? ""),
      printable(last.cell(row), { maxWidth: room, cut: "middle" }),
    ),
  );
  return [heading, ...body];
}

/** A table below its title, as every list of the bill looks. */
export function titled(
  title: string,
  [heading = "", ...rows]: readonly string[],
  paint: Paint,
): string[] {
  return [paint.strong(title), paint.faint(heading), ...rows];
}

export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

export function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - displayWidth(text))) + text;
}
