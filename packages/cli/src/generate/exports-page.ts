/** The page of exports and imports, made from the formats' own texts: docs/exports.md. */
import { exportFormats, importFormats } from "@crossbill/core";

const MADE = "<!-- Made by tools/generate-docs.js from packages/core/src/exports; do not edit. -->";

const imports: Readonly<Record<(typeof importFormats)[number], readonly [string, string, string]>> =
  {
    "strace log": [
      "`strace -f -ttt -T -y -o LOG`",
      "calls and errors by process; with `-T` durations, with `-y` files and sockets, with `-ttt` (or `-tt`, " +
        "`-t`, `-r`) wall times",
      "work and waiting apart, page faults, switches, run queue, what strace cost between calls",
    ],
    "strace summary": [
      "`strace -f -c -o LOG`",
      "calls, how many of them failed, and seconds, by system call",
      "processes, files, errors by name, wall times",
    ],
    "perf trace summary": [
      "`perf trace -s -o LOG`",
      "calls, how many of them failed, and how long they took, by thread",
      "files, errors by name, wall times, work and waiting apart",
    ],
  };

export function exportsPage(): string {
  return [
    "# Exports",
    MADE,
    "`crossbill report bill.json --format FORMAT -o FILE` writes a bill, or a recording and its prices, " +
      "for another tool. Five figures go with calls: boundary, kernel work and waiting in nanoseconds, " +
      "crossings and bytes. What a format carries of them adds up to the bill's totals, to the unit. " +
      "What is named as reader opens each format in the tests; what it is also made for does not.",
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
      "the CPU. A `?` behind a place marks a guess. Calls of which no stack was seen are under `(call site " +
      "not known)`, those that no line of the bill holds under `(not itemised)` and `(did not return)`.",
    "**Names.** Control characters, what hides or reorders text, bytes that are not UTF-8 and the " +
      "backslash are written as visible escapes (`\\n`, `\\x1b`, `\\u202e`, `\\xff`, `\\\\`), from which the " +
      "name can be read back. Collapsed stacks also escape `;`. In CSV an apostrophe goes before what a " +
      "spreadsheet would take for a formula, and before an apostrophe. Markdown cuts names longer than " +
      "200 columns in the middle.",
    "pprof files are compressed with gzip. `--value` says which figure collapsed stacks carry, and " +
      "which one pprof and speedscope show first.",
    "## Imports",
    "`crossbill import LOG` reads the logs of other tools, of any size, and prices what they tell with this " +
      "machine's prices. Lines that cannot be read are counted, and the bill says what the log does not " +
      "tell. No advice is made of it: its times are those of a program under the other tool.",
    [
      "| log | tells | does not tell |",
      "|---|---|---|",
      ...importFormats.map((format) => `| ${imports[format].join(" | ")} |`),
    ].join("\n"),
    "A part of strace's own cost is in every duration; what a call that does nothing takes (`getpid` and its " +
      "like in the log, else the shortest call) is taken off. The rest of it, between calls, stays in user " +
      "time. A call that waits by nature (`wait4`, `poll`, a read of a pipe) counts as waiting, any other as " +
      "kernel work, whose interval therefore begins at 0.",
  ]
    .join("\n\n")
    .concat("\n");
}
