/** Wrap: paragraphs in lines of a given width. */
import { displayWidth, printable } from "@crossbill/core";

export interface WrapOptions {
  /** Columns of a line, what stands before it included. */
  readonly width: number;
  /** Before the first line; further lines are indented as far. */
  readonly lead?: string;
}

/** Narrower columns would cut almost every word. */
const NARROWEST = 12;

/** A blank, unless a unit follows, which stays with its figure. */
const BETWEEN_WORDS = / (?!(?:%|[mun]?s)(?:[ ,;:.)]|$))/;

/**
 * The lines of a text, which is made safe here; only blanks divide words, and a word that is longer
 * than a line is cut.
 */
export function wrapText(text: string, { width, lead = "" }: WrapOptions): string[] {
  const indent = " ".repeat(displayWidth(lead));
  const room = Math.max(NARROWEST, width - indent.length);
  const lines: string[] = [];
  let line = "";
  for (const word of text.replaceAll(/\s+/g, " ").split(BETWEEN_WORDS)) {
    const safe = printable(word, { maxWidth: room });
    if (safe === "") continue;
    const longer = line === "" ? safe : `${line} ${safe}`;
    if (displayWidth(longer) <= room) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = safe;
  }
  lines.push(line);
  return lines.map((each, at) => (at === 0 ? lead : indent) + each);
}
