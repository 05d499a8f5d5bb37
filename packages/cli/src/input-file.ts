/** Input file: the text of a file that a user names, or one line that says why not. */
import { constants } from "node:buffer";
import { closeSync, openSync, readSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { encodeBytes, printable, UsageError } from "@crossbill/core";
import { errorCode } from "./terminal.ts";

/** V8 holds no longer string; a bill of 50,000 lines has a tenth of it. */
const BYTES_MAX = Math.min(512 * 1024 * 1024, constants.MAX_STRING_LENGTH);
const CHUNK_BYTES = 256 * 1024;

/**
 * Reads `name`, "-" for standard input, and no more than `most` bytes of it: a pipe or a device need
 * not have an end. @throws UsageError when it cannot be read.
 */
export function readInput(name: string, most: number = BYTES_MAX): string {
  try {
    if (name === "-") return readText(0, name, most);
    const descriptor = openSync(Buffer.from(encodeBytes(name)), "r");
    try {
      return readText(descriptor, name, most);
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    const code = errorCode(cause);
    if (code === null || cause instanceof UsageError) throw cause;
    throw new UsageError(`cannot read ${printable(name)}: ${code}`, { cause });
  }
}

function readText(descriptor: number, name: string, most: number): string {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  const decoder = new StringDecoder("utf8");
  let text = "";
  let left = most;
  for (let bytes = readSync(descriptor, chunk); bytes > 0; bytes = readSync(descriptor, chunk)) {
    left -= bytes;
    if (left < 0) {
      throw new UsageError(`${printable(name)} is larger than ${Math.ceil(most / 2 ** 20)} MiB`);
    }
    text += decoder.write(chunk.subarray(0, bytes));
  }
  return text + decoder.end();
}
