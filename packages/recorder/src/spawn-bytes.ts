/**
 * Spawning with arguments and an environment that may be any bytes.
 *
 * Node passes both as UTF-8, so an argument that is not (a file name in Latin-1) would reach the
 * program changed. Such a command line goes through /bin/sh, which makes the bytes with printf and
 * then executes the program in its own place: same process, same descriptors.
 */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { encodeBytes } from "@crossbill/core";
import { lostVariables } from "./lost-variables.ts";

/** A byte that was not UTF-8, as core's byte text spells it. */
const ESCAPED_BYTE = /[\udc80-\udcff]/u;
/** execve(2) takes no argument of 128 KiB or more, so a long script travels as several. */
const SCRIPT_PART_LENGTH = 64 * 1024;

/** Spawns `file` with byte-text arguments. Failures come as the child's `error` event. */
export function spawnBytes(
  file: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const environment = options.env ?? process.env;
  const lost = lostVariables(environment);
  if (lost.size === 0 && !args.some((arg) => ESCAPED_BYTE.test(arg))) {
    return spawn(file, [...args], options);
  }
  const script = [
    ...[...lost].map(([name, value]) => `export ${name}=${shellWord(value)}`),
    // Shells set it where it was not.
    ...(environment["PWD"] === undefined ? ["unset PWD"] : []),
    execCommand([file, ...args]),
  ];
  return spawn("/bin/sh", shellArguments(script.join("\n")), options);
}

/** The command that executes `words` with exactly their bytes. */
export function execCommand(words: readonly string[]): string {
  return `exec ${words.map(shellWord).join(" ")}`;
}

/** What sh is given to run a script of any length. */
export function shellArguments(script: string): string[] {
  const parts = Array.from({ length: Math.ceil(script.length / SCRIPT_PART_LENGTH) }, (_, at) =>
    script.slice(at * SCRIPT_PART_LENGTH, (at + 1) * SCRIPT_PART_LENGTH),
  );
  const joined = parts.map((_, at) => `\${${at + 1}}`).join("");
  return ["-c", `eval "${joined}"`, "sh", ...parts];
}

/**
 * ASCII is quoted, everything else made by printf. Newlines are ASCII, so none stands at the end of
 * what printf makes, where command substitution would cut it off.
 */
function shellWord(word: string): string {
  const runs = word.match(/[^\x80-\u{10ffff}]+|[\x80-\u{10ffff}]+/gu) ?? [""];
  return runs.map((run) => (run < "\x80" ? quoted(run) : `"$(printf '${octal(run)}')"`)).join("");
}

function quoted(ascii: string): string {
  return `'${ascii.replaceAll("'", "'\\''")}'`;
}

function octal(word: string): string {
  const bytes = Array.from(encodeBytes(word));
  return bytes.map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}
