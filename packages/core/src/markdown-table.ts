/** Markdown table: rows of words of ours and of names from outside, told apart. */
import { code, escapeMarkdown } from "./markdown.ts";

/** Words and figures of ours, or a name from outside. */
export type Cell = string | { readonly name: string };

export interface ReportTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
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
