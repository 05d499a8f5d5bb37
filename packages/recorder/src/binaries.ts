/** Where the recorders' programs are, and whether they may be run. */
import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RecorderError } from "@crossbill/core";

export type RecorderName = "ebpf" | "ptrace";

const fileNames = { ebpf: "crossbill-recorder", ptrace: "crossbill-ptrace" } as const;
/** Write permission for the group or everyone. */
const WRITABLE_BY_OTHERS = 0o022;

/** Where a recorder's program should be: the folder in CROSSBILL_RECORDER_PATH, or our own build. */
export function recorderPath(recorder: RecorderName): string {
  const folder = process.env["CROSSBILL_RECORDER_PATH"] ?? builtFolder();
  return join(folder, fileNames[recorder]);
}

/**
 * Absolute path of a recorder's program that can be run. With CROSSBILL_RECORDER_PATH (meant for
 * development) only a file of root's or the user's own that nobody else can write is taken.
 * Throws RecorderError when there is none.
 */
export function recorderBinary(recorder: RecorderName): string {
  const path = recorderPath(recorder);
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new RecorderError(`the ${recorder} recorder is not built (${path})`, {
      remedy: "run ./setup first",
      cause,
    });
  }
  if (process.env["CROSSBILL_RECORDER_PATH"] !== undefined) refuseForeign(path);
  return path;
}

function builtFolder(): string {
  return fileURLToPath(new URL("../build", import.meta.url));
}

function refuseForeign(path: string): void {
  const { uid, mode } = statSync(path);
  const owners = [0, process.getuid?.() ?? 0, Number(process.env["SUDO_UID"] ?? 0)];
  if (owners.includes(uid) && (mode & WRITABLE_BY_OTHERS) === 0) return;
  throw new RecorderError(`CROSSBILL_RECORDER_PATH: ${path} belongs to or is writable by others`, {
    remedy: "point it at a recorder you own, or unset it",
  });
}
