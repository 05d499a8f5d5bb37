/** One line of progress on standard error: rewritten on a terminal, said once elsewhere. */
import { isatty } from "node:tty";
import type { Progress } from "@crossbill/lab";
import { say, writeFully } from "./terminal.ts";

export interface ProgressLine {
  readonly update: (progress: Progress) => void;
  readonly end: () => void;
}

/** Erases to the end of the line; only ever written to a terminal. */
const ERASE = "\r\u001b[K";

export function progressLine(title: string): ProgressLine {
  if (!isatty(2)) {
    say(title);
    return { update: () => {}, end: () => {} };
  }
  const show = (text: string) => writeFully(2, `${ERASE}crossbill: ${title}${text}`);
  show("");
  return {
    update({ share, secondsLeft }) {
      show(`: ${Math.floor(share * 100)} %, ${Math.ceil(secondsLeft)} s left`);
    },
    end: () => writeFully(2, ERASE),
  };
}
