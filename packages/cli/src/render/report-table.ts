/** Report table in text: names from outside are made safe as they are wrapped. */
import type { ReportTable } from "@crossbill/core";
import type { Paint } from "./paint.ts";
import { wrappedTable } from "./wrapped-table.ts";

/** Nothing for a table without rows. */
export function textTable(table: ReportTable, paint: Paint, width: number): string[] {
  if (table.rows.length === 0) return [];
  const rows = table.rows.map((row) =>
    row.map((cell) => (typeof cell === "string" ? cell : cell.name)),
  );
  return [paint.strong(table.title), ...wrappedTable(table.columns, rows, paint, width)];
}
