/** What a line is about, in raw words: whoever prints them makes them safe. */
import { type Bill, type BillLine, printable } from "@crossbill/core";
import { formatCount } from "./numbers.ts";

type Target = BillLine["target"];

/** "/etc/passwd", "/etc/", "tcp 127.0.0.1:80", "pipe (no name)"; empty without a descriptor. */
export function targetName({ kind, path, deleted, truncated }: Target): string {
  if (kind === "none") return "";
  if (kind === "unknown") return "(no open descriptor)";
  if (path === null) return `${kind} (no name)`;
  const name = `${truncated ? "..." : ""}${path}`;
  const end = deleted ? " (deleted)" : "";
  // A path says by itself that it is a file; the slash that it is a directory.
  if (kind === "file") return name + end;
  if (kind === "directory") return `${name.replace(/\/$/, "")}/${end}`;
  // The kernel's own names, such as pipe:[1234], begin with the kind.
  return name.startsWith(kind) ? name + end : `${kind} ${name}${end}`;
}

/** Names a process of the bill in raw words, or in safe ones of which comm takes at most a width. */
export type ProcessNames = (process: BillLine["process"], commWidth?: number) => string;

/** "dd 23951", or "true x9,874" for so many processes of which none has a line of its own. */
export function processNames({ processes }: Pick<Bill, "processes">): ProcessNames {
  const instances = new Map(processes.map((process) => [process.id, process.instances]));
  return ({ id, comm, pid }, commWidth) => {
    const name = commWidth === undefined ? comm : printable(comm, { maxWidth: commWidth });
    const many = instances.get(id) ?? 1;
    return `${name} ${many > 1 ? `x${formatCount(many)}` : pid}`;
  };
}
