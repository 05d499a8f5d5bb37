/** live-program: whether a library can be put into a program at all, and if not, why. */
import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { encodeBytes, printable, UnsupportedError } from "@crossbill/core";

/** The head of a program with all its program headers: the linker writes them first. */
const HEAD_BYTES = 64 * 1024;
/** What the C library searches when PATH is not set. */
const DEFAULT_PATH = "/bin:/usr/bin";
/** S_ISUID and S_ISGID of inode(7). */
const SET_ID_BITS = 0o6000;
/** elf(5): the header's fields, the type of the header that names the loader, the x86-64 machine. */
const ELF = {
  headerBytes: 64,
  class64: 2,
  machineX86: 62,
  interpreter: 3,
  programHeaderBytes: 56,
} as const;

/**
 * Refuses a program that the loader gives no library. One that cannot be looked at is let pass: to
 * run it says more.
 * @throws UnsupportedError
 */
export function refuseUnfit(command: string, depth = 0): void {
  const path = findProgram(command);
  const head = path === null ? null : headOf(path);
  if (path === null || head === null) return;
  const refuse = (what: string, remedy: string): never => {
    throw new UnsupportedError(`a live trial of ${printable(command)} (${what})`, null, { remedy });
  };
  const { mode, uid } = statSync(bytesOf(path));
  if ((mode & SET_ID_BITS) !== 0 && uid !== process.getuid?.()) {
    refuse(
      "it runs with another user's rights, so the loader takes no library from us",
      "try a copy without the set-user-id bit, or replay its bill: crossbill try bill.json",
    );
  }
  const interpreter = scriptInterpreter(head);
  if (interpreter !== null && depth < 4) return refuseUnfit(interpreter, depth + 1);
  const unfit = elfShortcoming(head);
  if (unfit !== null) refuse(unfit, "replay its bill instead: crossbill try bill.json");
}

/** As execvp finds it; null when there is none. */
function findProgram(command: string): string | null {
  if (command.includes("/")) return isProgram(command) ? command : null;
  const folders = (process.env["PATH"] ?? DEFAULT_PATH).split(":");
  return folders.map((folder) => join(folder || ".", command)).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(bytesOf(path), constants.X_OK);
    return statSync(bytesOf(path)).isFile();
  } catch {
    return false;
  }
}

function bytesOf(path: string): Buffer {
  return Buffer.from(encodeBytes(path));
}

function headOf(path: string): Buffer | null {
  try {
    const fd = openSync(bytesOf(path), "r");
    try {
      const head = Buffer.alloc(HEAD_BYTES);
      return head.subarray(0, readSync(fd, head, 0, HEAD_BYTES, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return null; // It may be run and not read.
  }
}

/** The program named behind "#!"; for env the one that it looks for. */
function scriptInterpreter(head: Buffer): string | null {
  if (head.toString("latin1", 0, 2) !== "#!") return null;
  const [line = ""] = head.toString("latin1", 2, 258).split("\n");
  const [interpreter = "", argument = ""] = line.trim().split(/\s+/);
  if (interpreter === "") return null;
  return /(^|\/)env$/.test(interpreter) && !/^(-|$)/.test(argument) ? argument : interpreter;
}

/** Why the loader gives it no library of ours; null when it does. */
export function elfShortcoming(head: Buffer): string | null {
  if (head.length < ELF.headerBytes || head.toString("latin1", 0, 4) !== "\x7fELF") return null;
  if (head[4] !== ELF.class64 || head.readUInt16LE(18) !== ELF.machineX86) {
    return "it is a program for another machine, such as a 32-bit one";
  }
  const offset = Number(head.readBigUInt64LE(32));
  const count = head.readUInt16LE(56);
  for (let index = 0; index < count; index++) {
    const at = offset + index * ELF.programHeaderBytes;
    if (at + 4 > head.length) return null; // Not where a linker puts it: running it says more.
    if (head.readUInt32LE(at) === ELF.interpreter) return null;
  }
  return "it is linked statically, so that no library can be put before the C library";
}
