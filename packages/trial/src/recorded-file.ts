/** recorded-file: the user's file, found again and looked at; it is opened later, and only to read. */
import { lstatSync, realpathSync } from "node:fs";
import { encodeBytes, printable } from "@crossbill/core";
import type { PlannedSource } from "./plan-file.ts";

/** As long as a path may be for the kernel, its end included (PATH_MAX). */
const PATH_MAX = 4096;

export interface RecordedFile {
  readonly path: string;
  /** Its size when it was recorded; null: not known. */
  readonly sizeBytes: number | null;
  /** When the recording ended, ms since 1970: a file written later is not what was read. */
  readonly endedAtMs: number;
}

/** Which file it is now; a sentence why it cannot be replayed. Opens nothing, so no device wakes. */
export function findRecorded(file: RecordedFile): PlannedSource | string {
  const path = encodeBytes(file.path);
  const name = printable(file.path, { maxWidth: 200, cut: "middle" });
  if (path.length >= PATH_MAX) return `${name}: the path is too long`;
  const bytes = Buffer.from(path);
  try {
    const stats = lstatSync(bytes, { bigint: true });
    if (stats.isSymbolicLink()) return `${name} is a symbolic link now`;
    if (!stats.isFile()) return `${name} is not a regular file`;
    if (!realpathSync(bytes, "buffer").equals(bytes)) return `${name} leads through a link now`;
    const why = changed(file, Number(stats.size), Number(stats.mtimeMs));
    if (why !== null) return `${name} ${why}: record again`;
    return { path, device: stats.dev, inode: stats.ino, bytes: Number(stats.size) };
  } catch (error) {
    return `${name}: ${error instanceof Error && "code" in error ? String(error.code) : "unreadable"}`;
  }
}

function changed(file: RecordedFile, bytes: number, mtimeMs: number): string | null {
  if (file.sizeBytes !== null && bytes < file.sizeBytes) return "is smaller than it was recorded";
  // The clock of file systems is as coarse as a timer tick, at most 10 ms.
  if (!(mtimeMs <= file.endedAtMs + 10)) return "was changed after it was recorded";
  return bytes > 0 ? null : "is empty now";
}
