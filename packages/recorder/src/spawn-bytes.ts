/**
 * Spawning with arguments that may be any bytes.
 *
 * Node passes arguments as UTF-8, so an argument that is not (a file name in Latin-1) would reach
 * the program changed. Such a command line goes through /bin/sh, which makes the bytes with printf
 * and then executes the program in its own place: same process, same descriptors.
 */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { encodeBytes } from "@crossbill/core";

/** A byte that was not UTF-8, as core's byte text spells it. */
const ESCAPED_BYTE = /[\udc80-\udcff]/u;

/** Spawns `file` with byte-text arguments. Failures come as the child's `error` event. */
export function spawnBytes(
  file: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  if (!args.some((arg) => ESCAPED_BYTE.test(arg))) return spawn(file, [...args], options);
  return spawn("/bin/sh", ["-c", execScript([file, ...args])], options);
}

/** A POSIX shell script that executes `words` with exactly their bytes. */
export function execScript(words: readonly string[]): string {
  const assignments = words.map((word, index) => {
    // The dot keeps newlines at the end, which command substitution would cut off.
    return `w${index}=$(printf '${octal(word)}.')\nw${index}=\${w${index}%.}`;
  });
  const list = words.map((_, index) => `"$w${index}"`).join(" ");
  return `${assignments.join("\n")}\nexec ${list}`;
}

function octal(word: string): string {
  const bytes = Array.from(encodeBytes(word));
  return bytes.map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}
