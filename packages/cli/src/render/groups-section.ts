/** The lines added up by one of their three parts: --by process, syscall or target. */
import { type Grouping, type LineGroup, type ProcessNames, targetName } from "@crossbill/core";
import { renderTable, titled } from "./columns.ts";
import { costColumns } from "./lines-section.ts";
import { formatCount } from "./numbers.ts";
import type { Paint } from "./paint.ts";

const titles: Readonly<Record<Grouping, string>> = {
  process: "processes",
  syscall: "system calls",
  target: "targets",
};

export function groupsSection(
  groups: readonly LineGroup[],
  names: ProcessNames,
  by: Grouping,
  top: number,
  paint: Paint,
  width: number,
): string[] {
  const shown = groups.slice(0, top);
  if (shown.length === 0) return [];
  const title = `most expensive ${titles[by]}`;
  const of = `${formatCount(shown.length)} of ${formatCount(groups.length)}`;
  const last = {
    title: by === "syscall" ? "call" : by,
    cell: (group: LineGroup) => groupName(group, names),
  };
  const table = renderTable(shown, costColumns, last, { indent: 2, width, isDense: true });
  return titled(`${title} (${of})`, table, paint);
}

/** Raw: the table makes it safe. */
function groupName(
  { process, syscall, target, notItemised }: LineGroup,
  names: ProcessNames,
): string {
  if (notItemised === true) return "(not itemised)";
  if (process !== undefined) return names(process);
  if (syscall !== undefined) return syscall;
  const name = target === undefined ? "" : targetName(target);
  return name === "" ? "(no descriptor)" : name;
}
