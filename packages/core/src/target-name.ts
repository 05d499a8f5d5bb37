/** What a line is about, in raw words: whoever prints them makes them safe. */
import type { BillTarget } from "./bill/shape.ts";

/** "/etc/passwd", "/etc/", "tcp 127.0.0.1:80", "pipe (no name)"; empty without a descriptor. */
export function targetName({ kind, path, deleted, truncated }: BillTarget): string {
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
