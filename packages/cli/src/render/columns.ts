/** Columns: cells aligned by their width on a terminal, the last column cut to what is left. */
import { displayWidth, printable } from "@crossbill/core";
import type { Paint } from "./paint.ts";

export interface Column<Row> {
  readonly title: string;
  readonly align: "left" | "right";
  /** Text that is safe to print; empty for nothing to say. */
  cell(row: Row): string;
  /** Left out when the table is too wide, the lowest number first; absent: never. */
  readonly yields?: number;
  /** Cut to no less than this when the table is too wide; absent: never. */
  readonly least?: number;
}

interface FittedColumn<Row> extends Column<Row> {
  readonly cells: readonly string[];
  readonly width: number;
}

interface TableOptions {
  readonly indent: number;
  /** Columns of the terminal the table may take. */
  readonly width: number;
  /** One space behind numbers instead of two; for cells without spaces of their own. */
  readonly isDense?: boolean;
}

/** The last column keeps at least this much, even when the others leave less. */
const LAST_WIDTH_MIN = 12;
/** And this much before other columns are left out. */
const LAST_WIDTH_FAIR = 16;
/** Columns that yield at this or less do so before the last one is short of room. */
const LEAST_WORTH = 1;
/** And those at this or less before others are cut. */
const LITTLE_WORTH = 3;

export interface Table {
  /** Heading first. */
  readonly lines: readonly string[];
  /** Titles of the columns that found no room. */
  readonly leftOut: readonly string[];
}

/** The lines of a table, see `fitTable`. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  last: Pick<Column<Row>, "title" | "cell">,
  options: TableOptions,
): readonly string[] {
  return fitTable(rows, columns, last, options).lines;
}

/**
 * A table that fits its width. Columns without any text are left out; the last one holds raw names,
 * which are made safe and cut in the middle here.
 */
export function fitTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  last: Pick<Column<Row>, "title" | "cell">,
  options: TableOptions,
): Table {
  const all = columns
    .map((column) => ({ ...column, cells: rows.map((row) => column.cell(row)) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ""))
    .map((column) => ({ ...column, width: widest([column.title, ...column.cells]) }));
  const ends = rows.map((row) => last.cell(row));
  const wish = widest([last.title, ...ends.map((end) => printable(end, { maxWidth: 200 }))]);
  const { used, leftOut } = fitted(all, wish, options);
  const gaps = gapsOf(used, options);
  const room = Math.max(LAST_WIDTH_MIN, options.width - widthBefore(used, options));
  const line = (cells: readonly string[], end: string) => {
    const padded = used.map(({ align, width, least }, index) => {
      const pad = align === "left" ? padEnd : padStart;
      const cell = cells[index] ?? "";
      return pad(least === undefined ? cell : cutShown(cell, width), width) + (gaps[index] ?? "");
    });
    return (" ".repeat(options.indent) + padded.join("") + end).trimEnd();
  };
  const heading = line(
    used.map(({ title }) => title),
    last.title,
  );
  const body = ends.map((end, index) =>
    line(
      used.map(({ cells }) => cells[index] ?? ""),
      printable(end, { maxWidth: room, cut: "middle" }),
    ),
  );
  return { lines: [heading, ...body], leftOut };
}

/** Leaves out what is worth little, cuts what may be cut, then leaves out more, until the last has room. */
function fitted<Row>(
  all: readonly FittedColumn<Row>[],
  wish: number,
  options: TableOptions,
): { used: readonly FittedColumn<Row>[]; leftOut: readonly string[] } {
  let used = all;
  const leftOut: string[] = [];
  for (;;) {
    const excess = widthBefore(used, options) - options.width;
    const [first] = used
      .filter((column) => column.yields !== undefined)
      .toSorted((a, b) => (a.yields ?? 0) - (b.yields ?? 0));
    const worth = first?.yields ?? Number.POSITIVE_INFINITY;
    const wanted = worth <= LEAST_WORTH ? LAST_WIDTH_FAIR : LAST_WIDTH_MIN;
    const missing = excess + Math.min(wish, wanted);
    if (missing <= 0) return { used, leftOut };
    const cuttable = sumOf(used, ({ width, least = width }) => Math.max(0, width - least));
    if (first === undefined || (worth > LITTLE_WORTH && missing <= cuttable)) {
      return { used: cut(used, missing), leftOut };
    }
    leftOut.push(first.title);
    used = used.filter((column) => column !== first);
  }
}

/** Takes `excess` from the columns that may be cut, from the widest first. */
function cut<Row>(columns: readonly FittedColumn<Row>[], excess: number): FittedColumn<Row>[] {
  const widths = columns.map(({ width }) => width);
  const spare = (at: number) =>
    (widths[at] ?? 0) - (columns[at]?.least ?? Number.POSITIVE_INFINITY);
  for (let left = excess; left > 0; left -= 1) {
    const [most] = [...widths.keys()]
      .filter((at) => spare(at) > 0)
      .toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    if (most === undefined) break;
    widths[most] = (widths[most] ?? 0) - 1;
  }
  return columns.map((column, at) => ({ ...column, width: widths[at] ?? 0 }));
}

function widthBefore<Row>(used: readonly FittedColumn<Row>[], options: TableOptions): number {
  const gaps = sumOf(gapsOf(used, options), (gap) => gap.length);
  return options.indent + gaps + sumOf(used, ({ width }) => width);
}

function gapsOf<Row>(
  used: readonly FittedColumn<Row>[],
  { isDense = false }: TableOptions,
): string[] {
  return used.map(({ align }, index) =>
    isDense && align === "right" && used[index + 1]?.align === "right" ? " " : "  ",
  );
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, displayWidth(text)), 0);
}

function sumOf<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}

/** Cuts text that is safe already, so that a backslash stays as it is. */
export function cutShown(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let taken = "";
  for (const character of text) {
    if (displayWidth(`${taken}${character}`) > width - 1) break;
    taken += character;
  }
  return `${taken}…`;
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
