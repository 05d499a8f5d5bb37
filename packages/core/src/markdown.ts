/** Markdown: text and names that stay what they are, whatever they hold. GitHub's flavour. */
import { printable } from "./printable.ts";

/** Longer names are cut: a summary of GitHub's has 1 MiB. */
const NAME_WIDTH = 200;

/** Text of ours: punctuation with a backslash stands for itself, and makes no address a link. */
export function escapeMarkdown(text: string): string {
  return printable(text).replaceAll(/[!#$&*+./:<=>?@[\\\]^_`{|}~-]/g, "\\$&");
}

/** A name from outside as a code span: no markup, no link, no mention of anybody. */
export function code(name: string): string {
  const shown = printable(name, { maxWidth: NAME_WIDTH, cut: "middle" });
  if (shown.trim() === "") return "";
  const ticks = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(ticks + 1);
  const pad = /^[` ]|[` ]$/.test(shown) ? " " : "";
  // A table's cells are told apart before anything else is read.
  return `${fence}${pad}${shown.replaceAll("|", "\\|")}${pad}${fence}`;
}
