/** Lines of a log of any size, read piece by piece; what is in the middle of endless lines is left out. */
import { closeSync, openSync, readSync } from "node:fs";
import { encodeBytes, printable, UsageError } from "@crossbill/core";
import { errorCode } from "./terminal.ts";

const CHUNK_BYTES = 256 * 1024;
/** Of a longer line the beginning and the end are kept, so many bytes of each. */
const HALF_LINE_BYTES = 64 * 1024;

/**
 * The lines of `name`, "-" for standard input, each code unit a byte.
 * @throws UsageError when it cannot be read.
 */
export function* logLines(name: string): Generator<string> {
  let descriptor: number | null = null;
  try {
    descriptor = name === "-" ? 0 : openSync(Buffer.from(encodeBytes(name)), "r");
    yield* linesOf(descriptor);
  } catch (cause) {
    const code = errorCode(cause);
    if (code === null) throw cause;
    throw new UsageError(`cannot read ${printable(name)}: ${code}`, { cause });
  } finally {
    if (descriptor !== null && descriptor !== 0) closeSync(descriptor);
  }
}

function* linesOf(descriptor: number): Generator<string> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let begun = "";
  for (let bytes = readSync(descriptor, chunk); bytes > 0; bytes = readSync(descriptor, chunk)) {
    const [first = "", ...lines] = chunk.toString("latin1", 0, bytes).split("\n");
    begun = shortened(begun + first);
    for (const line of lines) {
      yield begun;
      begun = line;
    }
  }
  if (begun !== "") yield begun;
}

function shortened(line: string): string {
  if (line.length <= 2 * HALF_LINE_BYTES) return line;
  return line.slice(0, HALF_LINE_BYTES) + line.slice(-HALF_LINE_BYTES);
}
