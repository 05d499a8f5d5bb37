/** The page of exports, made from the formats' own texts: docs/exports.md. */
import { exportFormats } from "@crossbill/core";

const MADE = "<!-- Made by tools/generate-docs.js from packages/core/src/exports; do not edit. -->";

export function exportsPage(): string {
  return [
    "# Exports",
    MADE,
    "`crossbill report bill.json --format FORMAT -o FILE` writes a bill, or a recording and its prices, " +
      "for another tool. Five figures go with calls: boundary, kernel work and waiting in nanoseconds, " +
      "crossings and bytes. What a format carries of them adds up to the bill's totals, to the unit.",
    [
      "| `--format` | file | carries | lacks | read by |",
      "|---|---|---|---|---|",
      "| `text` | | what `run` prints | | people |",
      "| `json` | `.json` | everything ([schema](schemas/bill.schema.json)) | | crossbill, jq |",
      ...exportFormats.map(
        ({ id, extension, carries, lacks, readers }) =>
          `| \`${id}\` | \`.${extension}\` | ${carries} | ${lacks} | ${readers} |`,
      ),
    ].join("\n"),
    "**Call sites.** The figures of a process's system call are exact; how they fall on the places that " +
      "made it is estimated from samples of stacks: waiting by where waits ended, all else by time on " +
      "the CPU. Calls of which no stack was seen are under `(call site not known)`, those that no line of " +
      "the bill holds under `(not itemised)` and `(did not return)`.",
    "**Names.** Control characters, what hides or reorders text, bytes that are not UTF-8 and the " +
      "backslash are written as visible escapes (`\\n`, `\\x1b`, `\\u202e`, `\\xff`, `\\\\`), from which the " +
      "name can be read back. Collapsed stacks also escape `;`. In CSV an apostrophe goes before what a " +
      "spreadsheet would take for a formula, and before an apostrophe. Markdown cuts names longer than " +
      "200 columns in the middle.",
    "pprof files are compressed with gzip. `--value` says which figure collapsed stacks carry, and " +
      "which one pprof and speedscope show first.",
  ]
    .join("\n\n")
    .concat("\n");
}
