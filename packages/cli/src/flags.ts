/** Every flag, defined once: parser, help, man page and completions are made from these. */
import {
  type Grouping,
  parseTraceExpression,
  printable,
  type SyscallSelection,
  UsageError,
} from "@crossbill/core";
import { SEQUENCE_BUDGET_MAX } from "@crossbill/recorder";
import { Option, type OptionValues } from "commander";
import { parseDuration } from "./duration.ts";
import { parsePids } from "./pids.ts";

/** How a shell completes a flag's value. */
export type Completion = "file" | "none" | readonly string[];

/** A flag with the type of its value. `read` throws UsageError for a value that makes no sense. */
export interface Flag<T> {
  readonly option: Option;
  readonly completion: Completion;
  read(values: OptionValues): T;
}

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

/** Flags are told apart in help by their definition; this is what a command lists. */
export type AnyFlag = Pick<Flag<unknown>, "option" | "completion">;

interface TextFlag<T> {
  readonly flags: string;
  readonly description: string;
  readonly completion: Completion;
  readonly parse: (value: string) => T;
  /** Whether a second one adds to the first, with a comma, instead of taking its place. */
  readonly repeats?: boolean;
}

/** A flag with a value, null when it was not given. */
function text<T>({
  flags,
  description,
  completion,
  parse,
  repeats = false,
}: TextFlag<T>): Flag<T | null> {
  const option = new Option(flags, description);
  if (repeats) {
    option.argParser((value: string, before: string | undefined) =>
      before === undefined ? value : `${before},${value}`,
    );
  }
  return {
    option,
    completion,
    read(values) {
      const value: unknown = values[option.attributeName()];
      return typeof value === "string" ? parse(value) : null;
    },
  };
}

/** A flag with a value that may be given again; empty when it was not given. */
function list({
  flags,
  description,
  completion,
}: Omit<TextFlag<string>, "parse">): Flag<readonly string[]> {
  const option = new Option(flags, description).argParser(
    (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
  );
  return {
    option,
    completion,
    read(values) {
      const given: unknown = values[option.attributeName()];
      return Array.isArray(given) ? given.map(String) : [];
    },
  };
}

function toggle(flags: string, description: string): Flag<boolean> {
  const option = new Option(flags, description);
  return {
    option,
    completion: "none",
    read: (values) => values[option.attributeName()] === true,
  };
}

interface ChoiceFlag<T extends string> {
  readonly flags: string;
  readonly description: string;
  readonly choices: readonly T[];
}

function choice<T extends string>({ flags, description, choices }: ChoiceFlag<T>): Flag<T | null> {
  const option = new Option(flags, description).choices(choices);
  return {
    option,
    completion: choices,
    // Commander has refused everything else by now.
    read: (values) => choices.find((name) => name === values[option.attributeName()]) ?? null,
  };
}

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
