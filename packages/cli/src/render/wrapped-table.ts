/** Wrapped table: columns of words and figures in which long words take more lines. */
import { displayWidth, printable } from "@crossbill/core";
import { padEnd, padStart } from "./columns.ts";
import type { Paint } from "./paint.ts";
import { wrapText } from "./wrap.ts";

/** What the lab prints is made for the narrowest usual terminal. */
export const LAB_WIDTH = 80;

/** A cell that is a figure with at most a unit behind it. */
const FIGURE = /^[~<>≈]?-?[\d.,]+(e[+-]?\d+)?\s*(%|[kMGTmuµn]?(B|s|iB|x)?)?$|^-?$|^unknown$/;
/** Between two columns. */
const GAP = "  ";
const NARROWEST = 12;

/**
 * Rows in columns: figures to the right, words to the left; columns without any text are left out.
 * When a row is too long, the widest columns take more lines.
 */
export function wrappedTable(
  titles: readonly string[],
  allRows: readonly (readonly string[])[],
  paint: Paint,
  most: number = LAB_WIDTH,
): string[] {
  if (allRows.length === 0) return [];
  const used = titles.flatMap((_, at) =>
    allRows.some((row) => (row[at] ?? "") !== "") ? [at] : [],
  );
  const cells = [titles, ...allRows].map((row) => used.map((at) => row[at] ?? ""));
  const [columns = [], ...rows] = cells;
  const widths = columns.map((_, at) =>
    Math.max(...cells.map((row) => displayWidth(printable(row[at] ?? "")))),
  );
  const room = most - GAP.length * (columns.length - 1);
  for (let excess = widths.reduce((a, b) => a + b, 0) - room; excess > 0; excess -= 1) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = Math.max(NARROWEST, (widths[widest] ?? 0) - 1);
  }
  const isFigure = columns.map((_, at) => rows.every((row) => FIGURE.test(row[at] ?? "")));
  const line = (row: readonly string[]) => {
    const wrapped = row.map((cell, at) => cellLines(cell, widths[at] ?? 0));
    const height = Math.max(...wrapped.map(({ length }) => length));
    return Array.from({ length: height }, (_, index) =>
      wrapped
        .map((lines, at) => {
          const pad = isFigure[at] === true ? padStart : padEnd;
          return pad(lines[index] ?? "", widths[at] ?? 0);
        })
        .join(GAP)
        .trimEnd(),
    );
  };
  return [...line(columns).map((text) => paint.faint(text)), ...rows.flatMap(line)];
}

function cellLines(cell: string, width: number): string[] {
  const safe = printable(cell);
  return displayWidth(safe) <= width ? [safe] : wrapText(cell, { width });
}
