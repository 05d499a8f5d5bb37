/** Shell command: words as a shell would need them, safe to print. */
import { printable } from "@crossbill/core";

/** Needs no quotes anywhere in a command. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * The words with quotes where they are needed: 'a b', "it's", and $'\n' for what cannot be printed.
 * Words that begin beyond `width` are left out, and long ones are cut there: what is shown is.
 */
export function shellCommand(words: readonly string[], width: number): string {
  let line = "";
  for (const [index, word] of words.entries()) {
    if (line.length > width) break;
    line += `${index === 0 ? "" : " "}${quoted(word.slice(0, 2 * width))}`;
  }
  return line;
}

function quoted(word: string): string {
  if (PLAIN.test(word)) return word;
  const safe = printable(word);
  if (safe !== word) return `$'${safe.replaceAll("'", "\\'")}'`;
  if (!word.includes("'")) return `'${word}'`;
  return /["$`!]/.test(word) ? `'${word.replaceAll("'", `'"'"'`)}'` : `"${word}"`;
}
