/**
 * Output files: opened before the program starts, so that a wrong name costs no run; complete or
 * absent afterwards, because a regular file is written beside its place and then renamed.
 */

import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { encodeBytes, printable, UsageError } from "@crossbill/core";
import { errorCode, writeFully } from "./terminal.ts";

/** Pieces are gathered up to this many characters before they are written. */
const CHUNK_CHARACTERS = 64 * 1024;

/** A place for text: a descriptor, and what to do when all or nothing was written. */
export interface OutputFile {
  readonly descriptor: number;
  /** Writes the pieces, or the bytes as they are, and makes the file appear. */
  write(pieces: Iterable<string> | Uint8Array): void;
  /** Leaves everything as it was. */
  discard(): void;
}

/**
 * Opens `name`; "-", /dev/stdout and /dev/stderr are the standard descriptors.
 * @throws UsageError when it cannot be written.
 */
export function openOutput(name: string): OutputFile {
  if (name === "") {
    throw new UsageError("the name of an output file is empty", {
      remedy: "name a file, or - for standard output",
    });
  }
  if (name === "-" || name === "/dev/stdout") return standardOutput(1);
  if (name === "/dev/stderr") return standardOutput(2);
  try {
    return openFile(name);
  } catch (cause) {
    const code = errorCode(cause);
    if (code === null) throw cause;
    throw new UsageError(`cannot write ${printable(name)}: ${code}`, {
      remedy: "name a file in a folder you can write",
      cause,
    });
  }
}

export function standardOutput(descriptor: 1 | 2): OutputFile {
  return {
    descriptor,
    write: (pieces) => writePieces(pieces, (bytes) => writeFully(descriptor, bytes)),
    discard: () => {},
  };
}

/** Paths may be any bytes; as Latin-1 text, one code unit a byte, node:path can take them apart. */
function toBytes(path: string): Buffer {
  return Buffer.from(path, "latin1");
}

function openFile(name: string): OutputFile {
  const path = Buffer.from(encodeBytes(name)).toString("latin1");
  const present = statSync(toBytes(path), { throwIfNoEntry: false });
  if (present === undefined) return openBeside(path, undefined);
  if (!present.isFile()) return openInPlace(path);
  try {
    // A link stays a link: its destination is what gets replaced.
    const destination = realpathSync(toBytes(path), "buffer").toString("latin1");
    return openBeside(destination, present.mode);
  } catch (error) {
    // A file can be writable in a folder that is not.
    if (errorCode(error) !== "EACCES") throw error;
    return openInPlace(path);
  }
}

/** Pipes, terminals and devices: written as they are. */
function openInPlace(path: string): OutputFile {
  const descriptor = openSync(toBytes(path), constants.O_WRONLY | constants.O_NOCTTY);
  return {
    descriptor,
    write(pieces) {
      try {
        if (fstatSync(descriptor).isFile()) ftruncateSync(descriptor);
        writePieces(pieces, (bytes) => writeFully(descriptor, bytes));
      } finally {
        closeSync(descriptor);
      }
    },
    discard: () => closeSync(descriptor),
  };
}

function openBeside(path: string, mode: number | undefined): OutputFile {
  const suffix = randomBytes(6).toString("hex");
  const temporary = join(dirname(path), `.${basename(path).slice(0, 200)}.${suffix}`);
  const descriptor = openSync(toBytes(temporary), "wx", 0o666);
  if (mode !== undefined) fchmodSync(descriptor, mode & 0o777);
  return {
    descriptor,
    write(pieces) {
      try {
        writePieces(pieces, (bytes) => writeBytes(descriptor, bytes));
        fsyncSync(descriptor);
        renameSync(toBytes(temporary), toBytes(path));
      } catch (error) {
        unlinkSync(toBytes(temporary));
        throw error;
      } finally {
        closeSync(descriptor);
      }
    },
    discard() {
      closeSync(descriptor);
      unlinkSync(toBytes(temporary));
    },
  };
}

/** Unlike `writeFully`, every failure counts: a file must be whole. */
function writeBytes(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}

function writePieces(
  pieces: Iterable<string> | Uint8Array,
  write: (bytes: Uint8Array) => void,
): void {
  if (pieces instanceof Uint8Array) {
    write(pieces);
    return;
  }
  let gathered = "";
  for (const piece of pieces) {
    gathered += piece;
    if (gathered.length < CHUNK_CHARACTERS) continue;
    write(Buffer.from(gathered, "utf8"));
    gathered = "";
  }
  if (gathered !== "") write(Buffer.from(gathered, "utf8"));
}
