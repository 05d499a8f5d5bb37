/** The command line as bytes: Node's process.argv loses those that are not UTF-8. */
import { readFileSync } from "node:fs";
import { decodeBytes } from "@crossbill/core";

/** The arguments after the script's name, as byte text. */
export function invocationArguments(): string[] {
  const fallback = process.argv.slice(2);
  let bytes: Buffer;
  try {
    bytes = readFileSync("/proc/self/cmdline");
  } catch {
    return fallback; // No /proc: nothing better to be had.
  }
  return splitCommandLine(bytes, fallback.length) ?? fallback;
}

/** The last `count` of the NUL-terminated words; null when there are fewer. */
export function splitCommandLine(bytes: Uint8Array, count: number): string[] | null {
  if (count === 0) return [];
  const words: string[] = [];
  let from = 0;
  for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, from)) {
    words.push(decodeBytes(bytes.subarray(from, end)));
    from = end + 1;
  }
  return words.length < count ? null : words.slice(-count);
}
