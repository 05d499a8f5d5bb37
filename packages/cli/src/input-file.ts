/** Input file: the text of a file that a user names, or one line that says why not. */
import { readFileSync, statSync } from "node:fs";
import { encodeBytes, printable, UsageError } from "@crossbill/core";
import { errorCode } from "./terminal.ts";

/** V8 holds no longer string; a bill of 50,000 lines has a tenth of it. */
const BYTES_MAX = 512 * 1024 * 1024;

/** Reads `name`, "-" for standard input. @throws UsageError when it cannot be read. */
export function readInput(name: string): string {
  try {
    if (name === "-") return readFileSync(0, "utf8");
    const path = Buffer.from(encodeBytes(name));
    const { size } = statSync(path);
    if (size > BYTES_MAX) throw new UsageError(`${printable(name)} is larger than 512 MiB`);
    return readFileSync(path, "utf8");
  } catch (cause) {
    const code = errorCode(cause);
    if (code === null || cause instanceof UsageError) throw cause;
    throw new UsageError(`cannot read ${printable(name)}: ${code}`, { cause });
  }
}
