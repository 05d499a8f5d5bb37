/** Line pattern: the regular expression that says which lines of output are a unit of work. */
import { printable, UsageError } from "@crossbill/core";

/** As a budget may hold it. */
const PATTERN_CHARACTERS_MAX = 1000;

/** @throws UsageError for what is no regular expression, or matches every line by being empty. */
export function parsePattern(text: string): RegExp {
  if (text === "" || text.length > PATTERN_CHARACTERS_MAX) {
    throw new UsageError("--per-line: the pattern is empty or too long", {
      remedy: "write what the lines that count have in common, such as --per-line '^GET '",
    });
  }
  try {
    return new RegExp(text, "u");
  } catch (cause) {
    throw new UsageError(
      `--per-line: ${printable(text, { maxWidth: 60 })} is no regular expression`,
      { remedy: "write it as in JavaScript, such as --per-line '^GET '", cause },
    );
  }
}
