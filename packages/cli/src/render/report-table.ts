/** Report table: rows that are printed as text and as Markdown, names from outside marked as such. */
import { code, escapeMarkdown } from "./markdown.ts";
import type { Paint } from "./paint.ts";
import { wrappedTable } from "./wrapped-table.ts";

/** Words and figures of ours, or a name from outside. */
export type Cell = string | { readonly name: string };

export interface ReportTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Nothing for a table without rows. */
export function textTable(table: ReportTable, paint: Paint, width: number): string[] {
  if (table.rows.length === 0) return [];
  const rows = table.rows.map((row) =>
    row.map((cell) => (typeof cell === "string" ? cell : cell.name)),
  );
  return [paint.strong(table.title), ...wrappedTable(table.columns, rows, paint, width)];
}

/** Nothing for a table without rows; a blank line before it. */
export function markdownTable(table: ReportTable): string[] {
  if (table.rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    "",
    `**${escapeMarkdown(table.title)}**`,
    "",
    line(table.columns.map(escapeMarkdown)),
    line(table.columns.map(() => "---")),
    ...table.rows.map((row) =>
      line(row.map((cell) => (typeof cell === "string" ? escapeMarkdown(cell) : code(cell.name)))),
    ),
  ];
}
