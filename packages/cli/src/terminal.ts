/**
 * Writing to the standard descriptors without touching their settings.
 *
 * process.stdout and process.stderr make pipes non-blocking, and the program being recorded has the
 * same pipes; so nothing in this package uses them.
 */
import { spawnSync } from "node:child_process";
import { writeSync } from "node:fs";
import { isatty } from "node:tty";

/** Writes all of it. A reader that has gone is no error: there is nobody left to tell. */
export function writeFully(descriptor: number, text: string | Uint8Array): void {
  const bytes = typeof text === "string" ? Buffer.from(text, "utf8") : text;
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      const code = errorCode(error);
      if (code === "EPIPE" || code === "EBADF" || code === "EIO") return;
      if (code !== "EAGAIN") throw error;
      pause(5); // Somebody else made it non-blocking and it is full.
    }
  }
}

/** The name of a system error, such as "ENOENT"; null for every other error. */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : null;
}

/** Waits without the event loop. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Whether text for this descriptor may be coloured: https://no-color.org */
export function wantsColour(descriptor: number): boolean {
  const { NO_COLOR: refused, TERM: terminal } = process.env;
  return isatty(descriptor) && (refused ?? "") === "" && terminal !== "dumb";
}

/** Columns when nothing says how many there are. */
const COLUMNS = 80;
/** Below this tables are no tables; a terminal that narrow wraps them. */
const FEWEST_COLUMNS = 40;

/** How wide text for this descriptor may be: as COLUMNS says, else as its terminal is, else 80. */
export function columnsOf(descriptor: number): number {
  const wished = Number(process.env["COLUMNS"]);
  const columns = wished >= 1 && Number.isInteger(wished) ? wished : terminalColumns(descriptor);
  return Math.max(FEWEST_COLUMNS, columns);
}

/** Node opens a terminal anew to ask for its size, and closes the descriptor afterwards; stty only asks. */
function terminalColumns(descriptor: number): number {
  if (!isatty(descriptor)) return COLUMNS;
  const { stdout } = spawnSync("stty", ["size"], {
    stdio: [descriptor, "pipe", "ignore"],
    encoding: "utf8",
    timeout: 1000,
  });
  // Without such a program stdout is null, whatever its type says; that matches nothing either.
  const columns = Number(/^\d+ (\d+)$/m.exec(stdout)?.[1]);
  return columns > 0 ? columns : COLUMNS;
}

/** One line on standard error, as every message of crossbill looks. */
export function say(message: string): void {
  writeFully(2, `crossbill: ${message}\n`);
}
