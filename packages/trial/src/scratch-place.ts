/** scratch-place: a folder for a trial's files, on the file system of the file it is about. */
import { accessSync, constants, statfsSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { encodeBytes, printable } from "@crossbill/core";
import { makeScratch, removeLeftOvers, stateFolder } from "@crossbill/lab";

/** Left free beside what a trial needs: it must not fill anybody's disk. */
const SPARE_BYTES = 256 * 2 ** 20;

export interface Scratch {
  readonly folder: string;
  readonly remove: () => void;
}

/** A folder of our own for small files; it goes with `remove`, or at the next start after a kill. */
export function anyScratch(): Scratch {
  for (const place of usualPlaces()) removeLeftOvers(place);
  return makeScratch({ parent: tmpdir(), purpose: "trial" });
}

/** Where scratch files go when the file system is right: what a kill left there is not for long. */
function usualPlaces(): string[] {
  return [tmpdir(), "/var/tmp", stateFolder()];
}

/**
 * A folder on the file system of `path` with room for `bytes`; a sentence why there is none. The
 * file's own folder comes last: others look there.
 */
export function scratchBeside(path: string, bytes: number): Scratch | string {
  const own = dirname(Buffer.from(encodeBytes(path)).toString("latin1"));
  const places = [...usualPlaces(), Buffer.from(own, "latin1").toString()];
  const device = deviceOf(Buffer.from(own, "latin1"));
  const shown = printable(path, { maxWidth: 200, cut: "middle" });
  if (device === null) return `the folder of ${shown} is gone`;
  const place = places.find((folder) => deviceOf(folder) === device && isWritable(folder));
  if (place === undefined) return `no folder on the file system of ${shown} can be written`;
  const { bavail, bsize } = statfsSync(place);
  if (bavail * bsize < bytes + SPARE_BYTES) {
    return `a scratch copy needs ${Math.ceil(bytes / 2 ** 20)} MiB on the file system of ${shown}, which are not free`;
  }
  return makeScratch({ parent: place, purpose: "trial" });
}

function deviceOf(path: string | Buffer): number | null {
  try {
    return statSync(path).dev;
  } catch {
    return null;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
