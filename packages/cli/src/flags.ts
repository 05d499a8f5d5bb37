/** Every flag, defined once: parser, help, man page and completions are made from these. */
import {
  exportFormats,
  type Grouping,
  parseRule,
  parseTraceExpression,
  printable,
  type Rule,
  type SyscallSelection,
  UsageError,
  type ValueName,
  valueNames,
} from "@crossbill/core";
import { SEQUENCE_BUDGET_MAX } from "@crossbill/recorder";
import { Option } from "commander";
import { parseDuration } from "./duration.ts";
import { choice, type Flag, list, text, toggle } from "./flag-kinds.ts";
import { parsePattern } from "./line-pattern.ts";
import { parsePids } from "./pids.ts";

export type { AnyFlag, Completion, Flag } from "./flag-kinds.ts";

/** Lines in the table of the most expensive ones when nothing else is asked. */
const TOP_DEFAULT = 10;

export const groupings = ["process", "syscall", "target"] as const satisfies readonly Grouping[];
export const recorders = ["ebpf", "ptrace"] as const;

export const outputFlag: Flag<string | null> = text({
  flags: "-o, --output <file>",
  description: "write the bill to this file instead of standard error",
  completion: "file",
  parse: (value) => value,
});

export const jsonFileFlag: Flag<string | null> = text({
  flags: "--json <file>",
  description:
    "also write the bill as JSON; with - it goes to standard output, " +
    "and the program's own standard output goes to standard error",
  completion: "file",
  parse: (value) => value,
});

export const jsonFlag: Flag<boolean> = toggle("--json", "print JSON on standard output");

export const recordingFlag: Flag<string | null> = text({
  flags: "--recording <file>",
  description: "also keep the recording, from which the bill can be made again",
  completion: "file",
  parse: (value) => value,
});

/** What report can write; null: text. */
export const formatFlag: Flag<string | null> = choice({
  flags: "--format <name>",
  description: "write the bill for another tool (docs/exports.md says which reads what)",
  choices: ["text", "json", ...exportFormats.map(({ id }) => id)],
});

export const valueFlag: Flag<ValueName | null> = choice({
  flags: "--value <what>",
  description:
    "the figure that collapsed stacks carry and that pprof and speedscope show first; boundary by default",
  choices: valueNames,
});

export const importOutputFlag: Flag<string | null> = text({
  flags: "-o, --output <file>",
  description: "write the recording to this file instead of printing its bill",
  completion: "file",
  parse: (value) => value,
});

export const reportOutputFlag: Flag<string | null> = text({
  flags: "-o, --output <file>",
  description: "write to this file instead of standard output",
  completion: "file",
  parse: (value) => value,
});

export const topFlag: Flag<number> = {
  option: new Option("--top <count>", "how many of the most expensive lines to show").default(
    String(TOP_DEFAULT),
  ),
  completion: "none",
  read: (values) => parseTop(String(values["top"])),
};

export const byFlag: Flag<Grouping | null> = choice({
  flags: "--by <what>",
  description: "add the lines up by process, system call or target",
  choices: groupings,
});

export const traceFlag: Flag<TraceChoice | null> = text({
  flags: "-e, --trace <set>",
  description:
    "show these system calls only, written as for strace: trace=read,write, %file, %network, !futex; " +
    "the totals stay those of all calls",
  completion: "none",
  parse: (expression) => ({ expression, selection: parseTraceExpression(expression) }),
});

export const allFlag: Flag<boolean> = toggle(
  "--all",
  "show every finding with its fix in every language, and what was set aside and why",
);

/** Which calls to show, and how the user wrote it. */
export interface TraceChoice {
  readonly expression: string;
  readonly selection: SyscallSelection;
}

export const exactTimeFlag: Flag<boolean> = toggle(
  "--exact-time",
  "time every call instead of sampling: dearer, bounds latencies (p50, p99) of each line",
);

export const recorderFlag: Flag<(typeof recorders)[number] | null> = choice({
  flags: "--recorder <name>",
  description: "use this recorder instead of the best one that works here",
  choices: recorders,
});

export const sequenceFlag: Flag<number | null> = text({
  flags: "--sequence <count>",
  description:
    "also keep the order, offsets and sizes of so many reads, writes and seeks, such as 200k or 1M " +
    "(the most); takes 32 bytes of kernel memory for each",
  completion: "none",
  parse: parseSequence,
});

export const calibrateFlag: Flag<boolean> = {
  option: new Option(
    "--no-calibrate",
    "never measure this machine's prices; fail when none are stored",
  ),
  completion: "none",
  read: (values) => values["calibrate"] !== false,
};

export const symbolsFlag: Flag<boolean> = {
  option: new Option(
    "--no-symbols",
    "do not look for the functions and lines that made the calls (at most two seconds)",
  ),
  completion: "none",
  read: (values) => values["symbols"] !== false,
};

export const pidFlag: Flag<readonly [number, ...number[]] | null> = text({
  flags: "-p, --pid <pids>",
  description:
    "the processes to attach to: numbers separated by commas or spaces; -p may be given again",
  repeats: true,
  completion: "none",
  parse: parsePids,
});

export const durationFlag: Flag<number | null> = text({
  flags: "--duration <time>",
  description: "stop after this time, such as 10s, 500ms or 2m; without it, at Ctrl-C",
  completion: "none",
  parse: parseDuration,
});

export const quickFlag: Flag<boolean> = toggle(
  "--quick",
  "at most three seconds, wider intervals; a full calibration takes under fifteen",
);

export const labOutputFlag: Flag<string | null> = text({
  flags: "-o, --output <file>",
  description: "write the text to this file instead of standard output",
  completion: "file",
  parse: (value) => value,
});

export const wholeTopicFlag: Flag<boolean> = toggle(
  "--all",
  "every figure, model and paragraph, not only a screenful",
);

export const labJsonFlag: Flag<string | null> = text({
  flags: "--json <file>",
  description: "also write everything as JSON, raw values included; with - only that is printed",
  completion: "file",
  parse: (value) => value,
});

export const htmlFlag: Flag<string | null> = text({
  flags: "--html <file>",
  description: "also write a page with charts: one file that needs no network",
  completion: "file",
  parse: (value) => value,
});

export const labQuickFlag: Flag<boolean> = toggle(
  "--quick",
  "at most a minute for all topics, wider intervals; a full run takes up to eight",
);

export const resumeFlag: Flag<boolean> = toggle(
  "--resume",
  "go on with the run that was interrupted: its topics are not measured again",
);

export const listFlag: Flag<boolean> = toggle("--list", "list the topics and measure nothing");

export const seedFlag: Flag<number | null> = text({
  flags: "--seed <number>",
  description: "repeat the random order of the run that printed this seed",
  completion: "none",
  parse: parseSeed,
});

export const liveFlag: Flag<boolean> = toggle(
  "--live",
  "run the program itself, plain and with the fix, instead of replaying a bill",
);

export const findingFlag: Flag<string | null> = text({
  flags: "--finding <code>",
  description: "try this finding only, by its code",
  completion: "none",
  parse: parseFinding,
});

export const unsafeFlag: Flag<boolean> = toggle(
  "--unsafe",
  "with --live: also fixes that change what survives a crash, such as grouping fsync",
);

export const outputFilesFlag: Flag<readonly string[]> = list({
  flags: "--output-file <file>",
  description: "with --live: a file the program writes, to be compared; may be given again",
  completion: "file",
});

export const markdownFlag: Flag<boolean> = toggle(
  "--markdown",
  "print Markdown on standard output, for the summary of a pull request",
);

export const failOnFlag: Flag<readonly Rule[]> = {
  option: new Option(
    "--fail-on <rule>",
    'exit 1 when b has more than a by more than this, such as "crossings>5%", "syscalls:openat>0", ' +
      '"futex>20%+50" or "boundary>10%"; may be given again',
  ).argParser((value: string, before: readonly Rule[] | undefined) => [
    ...(before ?? []),
    parseRule(value),
  ]),
  completion: "none",
  read(values) {
    const rules: unknown = values["failOn"];
    return Array.isArray(rules) ? rules : [];
  },
};

export const budgetFlag: Flag<string | null> = text({
  flags: "--budget <file>",
  description: "what the program may cost, as JSON; --update writes it",
  completion: "file",
  parse: (value) => value,
});

export const perFlag: Flag<number | null> = text({
  flags: "--per <count>",
  description: "the program does so many units of work, by which limits are divided",
  completion: "none",
  parse: (value) => parseWhole("--per", value, "1000"),
});

export const perLineFlag: Flag<RegExp | null> = text({
  flags: "--per-line <pattern>",
  description:
    "one unit of work for each line of the program's standard output that matches this regular " +
    "expression; the output still passes through",
  completion: "none",
  parse: parsePattern,
});

export const runsFlag: Flag<number | null> = text({
  flags: "--runs <count>",
  description: "run the program so often and judge the least of each; once by default",
  completion: "none",
  parse: (value) => parseWhole("--runs", value, "5"),
});

export const updateFlag: Flag<boolean> = toggle(
  "--update",
  "write the budget from what is seen, the limits it has or those that tell most",
);

export const headroomFlag: Flag<number | null> = text({
  flags: "--headroom <share>",
  description: "what --update adds to what is seen; the budget's own, else 10%",
  completion: "none",
  parse: parseHeadroom,
});

export const checkOutputFlag: Flag<string | null> = text({
  flags: "-o, --output <file>",
  description: "write the result to this file instead of standard error",
  completion: "file",
  parse: (value) => value,
});

export const checkJsonFlag: Flag<string | null> = text({
  flags: "--json <file>",
  description:
    "also write the result as JSON; with - it goes to standard output, " +
    "and the program's own standard output goes to standard error",
  completion: "file",
  parse: (value) => value,
});

export const markdownFileFlag: Flag<string | null> = text({
  flags: "--markdown <file>",
  description: "also write the result as Markdown, for the summary of a pull request",
  completion: "file",
  parse: (value) => value,
});

function parseTop(value: string): number {
  if (/^\d{1,6}$/.test(value)) return Number(value);
  throw new UsageError(`--top: ${printable(value)} is not a number of lines`, {
    remedy: "write a whole number such as --top 20",
  });
}

/** 23, 200k, 1M. */
function parseSequence(value: string): number {
  const [, digits, unit] = /^(\d{1,7})([kM]?)$/.exec(value) ?? [];
  const count = Number(digits) * (unit === "M" ? 1e6 : unit === "k" ? 1e3 : 1);
  if (count >= 1 && count <= SEQUENCE_BUDGET_MAX) return count;
  throw new UsageError(`--sequence: ${printable(value)} is no number of accesses`, {
    remedy: "write a whole number up to 1M, such as --sequence 200k",
  });
}

/** Seeds are what randomInt(2^32) draws. */
function parseSeed(value: string): number {
  if (/^\d{1,10}$/.test(value) && Number(value) < 2 ** 32) return Number(value);
  throw new UsageError(`--seed: ${printable(value)} is no seed`, {
    remedy: "write a whole number below 4294967296, such as the one an earlier run printed",
  });
}

function parseFinding(value: string): string {
  if (/^[\w-]{1,64}$/.test(value)) return value;
  throw new UsageError(`--finding: ${printable(value)} is no code of a finding`, {
    remedy: "write a code as the bill shows it, such as --finding small-reads",
  });
}

function parseWhole(flag: string, value: string, example: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new UsageError(`${flag}: ${printable(value)} is no whole number above 0`, {
    remedy: `write it as ${flag} ${example}`,
  });
}

function parseHeadroom(value: string): number {
  const percent = /^(\d{1,4}(?:\.\d{1,6})?)\s*%$/.exec(value)?.[1];
  if (percent !== undefined) return Number(percent) / 100;
  throw new UsageError(`--headroom: ${printable(value)} is no percentage`, {
    remedy: "write it as --headroom 5%",
  });
}
