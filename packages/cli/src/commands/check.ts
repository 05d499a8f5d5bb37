/** crossbill check: runs a program and fails when it costs more than a budget allows. */
import { existsSync } from "node:fs";
import {
  type Budget,
  type Check,
  checkBudget,
  encodeBytes,
  type Limit,
  parseBudget,
  printable,
  type Run,
  type Runs,
  readLimits,
  UsageError,
  updateBudget,
} from "@crossbill/core";
import type { OptionValues } from "commander";
import { type CheckOutputs, openCheckOutputs } from "../check-outputs.ts";
import { countOutput } from "../counted-output.ts";
import * as flags from "../flags.ts";
import { readInput } from "../input-file.ts";
import { asUser, invokingUser } from "../privilege.ts";
import { recordAndBill, type SessionOptions } from "../recording-session.ts";
import { brokenLine } from "../render/check.ts";
import { say } from "../terminal.ts";
import { chooseUnits, type Units, unitsForBudget } from "../units.ts";
import { done, type Ending, type Verb } from "../verb.ts";

export const check: Verb = {
  name: "check",
  summary: "run a program and fail when it costs more than its budget",
  description:
    "Runs the program as run does, then judges what it cost by a budget: a JSON file such as\n\n" +
    '  {"schema": "crossbill.budget/1", "limits": {"syscalls": "<= 18 / request", "openat": "<= 40",\n' +
    '  "ENOENT": "<= 10", "minor faults": "<= 900", "boundary": "<= 3 ms"}}\n\n' +
    "What can be limited is what diff --fail-on knows. Counts are exact; a time breaks its limit " +
    "only when its whole interval is above. With a / and a word behind it a limit is per unit of " +
    'work, of which --per, --per-line or the budget ("per": {"unit": "request", "count": 1000} ' +
    'or "linesMatching") says how many there are.\n\n' +
    "A broken limit makes the exit status 1 and shows the lines of the bill that have most of it. A " +
    "program that fails is not judged; its exit status or signal passes through.",
  operand: {
    syntax: "[command...]",
    description: "the program and its arguments",
    completion: "command",
  },
  flags: [
    flags.budgetFlag,
    flags.updateFlag,
    flags.headroomFlag,
    flags.perFlag,
    flags.perLineFlag,
    flags.runsFlag,
    flags.checkOutputFlag,
    flags.checkJsonFlag,
    flags.markdownFileFlag,
    flags.exactTimeFlag,
    flags.recorderFlag,
    flags.calibrateFlag,
  ],
  examples: [
    {
      command: "crossbill check --budget budget.json --update -- ./app --self-test",
      meaning: "write a budget from what the program costs now, with 10 % to spare",
    },
    {
      command: "crossbill check --budget budget.json -- ./app --self-test",
      meaning: "fail when it costs more",
    },
    {
      command:
        "crossbill check --budget budget.json --per-line '^GET ' --runs 3 --markdown summary.md -- ./bench",
      meaning: "per request, the least of three runs, with a summary for a pull request",
    },
  ],
  async act(operands, values): Promise<Ending> {
    const [program, ...rest] = operands;
    if (program === undefined) {
      throw new UsageError("check: no command is given", {
        remedy: "write it behind the options, as in: crossbill check --budget budget.json -- make",
      });
    }
    const request = readRequest(values);
    const found: Found = { runs: [], lines: [], outputs: null };
    const exit = await recordAndBill({
      subject: { command: [program, ...rest] },
      command: operands,
      ...sessionOptions(request, found, values),
    });
    if (exit.signal === null && exit.code === 0) return conclude(request, found);
    found.outputs?.discard();
    const how = exit.signal === null ? `with status ${exit.code}` : `by ${exit.signal}`;
    say(`the program ended ${how}: its budget is not judged`);
    if (exit.signal !== null) return { kind: "signal", signal: exit.signal };
    return { kind: "status", status: exit.code ?? 0 };
  },
};

interface Request {
  readonly file: string;
  /** null: it is to be written. */
  readonly budget: Budget | null;
  readonly limits: readonly Limit[];
  readonly units: Units | null;
  readonly update: boolean;
  readonly headroom: number | null;
}

/** Everything that can be wrong before the program is run. */
function readRequest(values: OptionValues): Request {
  const file = flags.budgetFlag.read(values);
  if (file === null) {
    throw new UsageError("check: no budget is given", {
      remedy: "name it with --budget FILE; --update writes one",
    });
  }
  const [update, headroom] = [flags.updateFlag.read(values), flags.headroomFlag.read(values)];
  if (headroom !== null && !update) {
    throw new UsageError("check: --headroom is for --update", { remedy: "give both, or neither" });
  }
  const budget = asUser(invokingUser(), () => {
    const isThere = file === "-" || existsSync(Buffer.from(encodeBytes(file)));
    return update && !isThere ? null : parseBudget(readInput(file));
  });
  const limits = budget === null ? [] : readLimits(budget);
  if (limits.length === 0 && !update) {
    throw new UsageError("check: the budget has no limits", { remedy: "--update writes some" });
  }
  const [per, perLine] = [flags.perFlag.read(values), flags.perLineFlag.read(values)];
  return {
    file,
    budget,
    limits,
    units: chooseUnits({ per, perLine }, budget, limits),
    update,
    headroom,
  };
}

/** What the runs leave behind. */
interface Found {
  readonly runs: Run[];
  /** Lines that matched, run by run. */
  readonly lines: number[];
  outputs: CheckOutputs | null;
}

function sessionOptions(
  { file, units, update }: Request,
  found: Found,
  values: OptionValues,
): Omit<SessionOptions, "subject" | "command"> {
  const names = {
    text: flags.checkOutputFlag.read(values),
    json: flags.checkJsonFlag.read(values),
    markdown: flags.markdownFileFlag.read(values),
    budget: update ? file : null,
  };
  const pattern = units?.pattern ?? null;
  return {
    openOutputs() {
      const outputs = openCheckOutputs(names);
      found.outputs = outputs;
      return {
        takesStandardOutput: outputs.takesStandardOutput,
        write: (_recording, bill) => {
          found.runs.push({ bill, units: units?.count ?? found.lines.at(-1) ?? null });
        },
        discard: () => outputs.discard(),
      };
    },
    ...(pattern === null
      ? {}
      : { openTap: (to) => countOutput(pattern, to, (lines) => found.lines.push(lines)) }),
    runs: flags.runsFlag.read(values) ?? 1,
    exactTime: flags.exactTimeFlag.read(values),
    recorder: flags.recorderFlag.read(values),
    mayCalibrate: flags.calibrateFlag.read(values),
    signals: "forward",
    durationMs: null,
  };
}

/** All runs went well: now the budget. */
function conclude({ budget, limits, units, update, headroom }: Request, found: Found): Ending {
  const { runs, outputs } = found;
  try {
    const complete = everyRun(runs);
    const per = units === null ? null : unitsForBudget(units);
    const updated = update ? updateBudget({ budget, runs: complete, per, headroom }) : null;
    const judged = updated === null ? limits : readLimits(updated);
    const result = checkBudget(judged, complete, units?.word ?? null);
    outputs?.write(result, updated);
    return endOf(result);
  } catch (error) {
    outputs?.discard();
    throw error;
  }
}

function everyRun([first, ...others]: readonly Run[]): Runs {
  if (first === undefined) throw new UsageError("check: the program was not run");
  if ([first, ...others].some((run) => run.units === 0)) {
    throw new UsageError("check: no line of the program's output is a unit of work", {
      remedy: "see that --per-line matches what it prints on standard output",
    });
  }
  return [first, ...others];
}

/** A gate must say on standard error why it is shut, wherever the result goes. */
function endOf({ limits }: Check): Ending {
  const broken = limits.filter(({ verdict }) => verdict === "broken");
  for (const limit of broken) say(printable(brokenLine(limit)));
  return broken.length > 0 ? { kind: "status", status: 1 } : done;
}
