/** scratch: a folder for the files of one run, on a disk where there is one; none outlives its run. */
import { type Dirent, mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pricesFolder } from "./prices-store.ts";

const NAME = /^crossbill-(?:lab|trial)-(\d+)-/;
/** TMPFS_MAGIC and RAMFS_MAGIC of linux/magic.h: memory, no disk. */
const IN_MEMORY: readonly number[] = [0x0102_1994, 0x8584_58f6];

/** The first of the usual places that is on a disk; the first of all when none is. */
function place(): string {
  const places = [tmpdir(), pricesFolder(), process.cwd()];
  const onDisk = (path: string): boolean => {
    try {
      return !IN_MEMORY.includes(statfsSync(path).type);
    } catch {
      return false;
    }
  };
  return places.find(onDisk) ?? tmpdir();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Removes what runs that were killed have left; what belongs to others is not ours to remove. */
export function removeLeftOvers(parent: string): void {
  for (const entry of entriesOf(parent)) {
    const pid = Number(NAME.exec(entry.name)?.[1] ?? Number.NaN);
    if (!entry.isDirectory() || !(pid > 0) || isAlive(pid)) continue;
    try {
      rmSync(join(parent, entry.name), { recursive: true });
    } catch {
      // Another user's, or one that another run removes at this moment.
    }
  }
}

/** None where there is no folder, or none that we may look into. */
function entriesOf(parent: string): Dirent[] {
  try {
    return readdirSync(parent, { withFileTypes: true });
  } catch {
    return [];
  }
}

export interface ScratchOptions {
  readonly parent?: string;
  /** Part of the folder's name. */
  readonly purpose?: "lab" | "trial";
}

/** A new empty folder and its removal. What killed runs left in the same place is removed first. */
export function makeScratch({ parent = place(), purpose = "lab" }: ScratchOptions = {}): {
  folder: string;
  remove: () => void;
} {
  mkdirSync(parent, { recursive: true });
  removeLeftOvers(parent);
  const folder = mkdtempSync(join(parent, `crossbill-${purpose}-${process.pid}-`));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
