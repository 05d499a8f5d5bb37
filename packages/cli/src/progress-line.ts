/** One line of progress on standard error: rewritten on a terminal, said once elsewhere. */
import { isatty } from "node:tty";
import { printable } from "@crossbill/core";
import type { Progress } from "@crossbill/lab";
import { say, writeFully } from "./terminal.ts";

export interface ProgressLine {
  readonly update: (progress: Progress) => void;
  readonly end: () => void;
}

/** Erases to the end of the line; only ever written to a terminal. */
const ERASE = "\r\u001b[K";

/** Shorter than any terminal: a line that wraps cannot be erased. */
const COLUMNS = 78;

/** With `shows: "doing"` the line also names what is measured now. */
export function progressLine(title: string, shows: "time" | "doing" = "time"): ProgressLine {
  if (!isatty(2)) {
    say(title);
    return { update: () => {}, end: () => {} };
  }
  const show = (text: string) => {
    const line = printable(`crossbill: ${title}${text}`, { maxWidth: COLUMNS });
    writeFully(2, `${ERASE}${line}`);
  };
  show("");
  return {
    update({ share, secondsLeft, doing }) {
      const what = shows === "doing" && doing !== "" ? ` (${doing})` : "";
      show(`: ${Math.floor(share * 100)} %, ${timeLeft(secondsLeft)} left${what}`);
    },
    end: () => writeFully(2, ERASE),
  };
}

function timeLeft(seconds: number): string {
  return seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
