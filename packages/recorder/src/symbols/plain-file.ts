/** Plain files by names that may be hostile: nothing but a regular file is opened, nothing throws. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { encodeBytes } from "@crossbill/core";

export interface PlainFile {
  readonly descriptor: number;
  readonly stats: Stats;
}

/** A pipe or a device of that name is not opened: that may wait, or do something. Null: there is none. */
export function openPlain(path: string, links: "follow" | "refuse"): PlainFile | null {
  const { O_RDONLY, O_NONBLOCK, O_NOCTTY, O_NOFOLLOW } = constants;
  const flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | (links === "refuse" ? O_NOFOLLOW : 0);
  const name = Buffer.from(encodeBytes(path));
  let descriptor: number;
  try {
    if (!statSync(name).isFile()) return null;
    descriptor = openSync(name, flags);
  } catch {
    return null; // It is gone, or not for us.
  }
  // The name may have come to mean another file in between.
  const stats = fstatSync(descriptor);
  if (stats.isFile()) return { descriptor, stats };
  closeSync(descriptor);
  return null;
}

/** What can be read there: less at the end of the file, nothing when its disk fails. */
export function readAt(descriptor: number, bytes: number, position: number): Buffer {
  const piece = Buffer.alloc(bytes);
  try {
    return piece.subarray(0, readSync(descriptor, piece, 0, bytes, position));
  } catch {
    return piece.subarray(0, 0);
  }
}
