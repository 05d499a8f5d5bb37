/**
 * Writing to the standard descriptors without touching their settings.
 *
 * process.stdout and process.stderr make pipes non-blocking, and the program being recorded has the
 * same pipes; so nothing in this package uses them.
 */
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

/** One line on standard error, as every message of crossbill looks. */
export function say(message: string): void {
  writeFully(2, `crossbill: ${message}\n`);
}
