/** Missing interpreter: when a program is there and still "not found", what it is that is not. */
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { decodeBytes, encodeBytes } from "@crossbill/core";

/** include/linux/binfmts.h: what the kernel reads of a file; a script's first line has to fit. */
const START_BYTES = 256;

/** The interpreter that the first line of the script names and that is not there; else null. */
export function missingInterpreter(
  command: string,
  searchPath: string | undefined = process.env["PATH"],
): string | null {
  const path = command.includes("/") ? command : found(command, searchPath ?? "/bin:/usr/bin");
  const start = path === null ? null : startOf(path);
  const name = start === null ? null : (/^#![ \t]*([^ \t\n\0]+)/.exec(start)?.[1] ?? null);
  if (name === null || existsSync(Buffer.from(name, "latin1"))) return null;
  return decodeBytes(Buffer.from(name, "latin1"));
}

/** The first file of this name that PATH leads to; an empty folder is the current one. */
function found(command: string, searchPath: string): string | null {
  const paths = searchPath.split(":").map((folder) => `${folder === "" ? "." : folder}/${command}`);
  return paths.find((path) => isFile(path)) ?? null;
}

function isFile(path: string): boolean {
  return statSync(toBytes(path), { throwIfNoEntry: false })?.isFile() ?? false;
}

/** As Latin-1; null when it cannot be read. */
function startOf(path: string): string | null {
  try {
    if (!isFile(path)) return null; // A pipe would be waited for.
    const descriptor = openSync(toBytes(path), "r");
    try {
      const bytes = Buffer.alloc(START_BYTES);
      return bytes.toString("latin1", 0, readSync(descriptor, bytes));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return null;
  }
}

function toBytes(path: string): Buffer {
  return Buffer.from(encodeBytes(path));
}
