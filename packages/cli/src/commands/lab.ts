/** crossbill lab: measures the topics of the chapter on this machine and judges its claims. */
import type { LabReport, Machine } from "@crossbill/core";
import {
  experiments,
  identifyMachine,
  type LabOptions,
  loadUnfinished,
  removeUnfinished,
  run,
  saveLabReport,
  saveUnfinished,
} from "@crossbill/lab";
import * as flags from "../flags.ts";
import { untilSignal } from "../interruption.ts";
import { type LabOutputNames, type LabOutputs, openLabOutputs } from "../lab-outputs.ts";
import { findTopic, topicNames } from "../lab-topics.ts";
import { asUser, type InvokingUser, invokingUser, useHomeOf } from "../privilege.ts";
import { progressLine } from "../progress-line.ts";
import { wrapText } from "../render/wrap.ts";
import { LAB_WIDTH } from "../render/wrapped-table.ts";
import { say, writeFully } from "../terminal.ts";
import { done, type Ending, type Verb } from "../verb.ts";

export const lab: Verb = {
  name: "lab",
  summary: "measure what crossings cost here, topic by topic, and judge the textbook",
  description:
    "Measures each topic in fresh processes and random order, fits a cost model, tries it on points " +
    "it has not seen, and gives each claim one of three verdicts: holds, does not hold, cannot tell " +
    "here. What this machine refuses is named with the reason.\n\n" +
    "Ctrl-C keeps what is done: it is printed and written, and --resume goes on from there. The " +
    "last complete report is kept under XDG_CACHE_HOME (or ~/.cache) for explain.",
  operand: {
    syntax: "[topics...]",
    description: "which topics; all when none is named",
    completion: topicNames,
  },
  flags: [
    flags.labQuickFlag,
    flags.labOutputFlag,
    flags.labJsonFlag,
    flags.htmlFlag,
    flags.resumeFlag,
    flags.listFlag,
    flags.seedFlag,
  ],
  examples: [
    { command: "crossbill lab", meaning: "all topics, up to eight minutes" },
    { command: "crossbill lab chunks ipc --quick", meaning: "two of them, in seconds" },
    {
      command: "crossbill lab --json lab.json --html lab.html",
      meaning: "text here, everything raw in one file, charts in another",
    },
    { command: "crossbill lab --resume", meaning: "go on after Ctrl-C" },
  ],
  async act(operands, values) {
    const names = operands.length === 0 ? topicNames : operands;
    for (const name of names) findTopic(name);
    if (flags.listFlag.read(values)) return list();
    const user = invokingUser();
    useHomeOf(user);
    const request: Request = {
      topics: [...new Set(names)],
      quick: flags.labQuickFlag.read(values),
      seed: flags.seedFlag.read(values),
      machine: identifyMachine(),
      user,
    };
    const outputs: LabOutputNames = {
      text: flags.labOutputFlag.read(values),
      json: flags.labJsonFlag.read(values),
      html: flags.htmlFlag.read(values),
    };
    const resume = flags.resumeFlag.read(values);
    // From the opening of the files to their end: nothing in between may be cut short.
    const { value, signal } = await untilSignal((abort) =>
      measure(request, resume, outputs, abort),
    );
    return signal === null ? done : interruptedBy(signal, value, request);
  },
};

interface Request {
  readonly topics: readonly string[];
  readonly quick: boolean;
  readonly seed: number | null;
  readonly machine: Machine;
  readonly user: InvokingUser | null;
}

/** Measures and writes what came of it, whole or not. */
async function measure(
  request: Request,
  resume: boolean,
  names: LabOutputNames,
  signal: AbortSignal,
): Promise<LabReport> {
  const { user } = request;
  const outputs = asUser(user, () => openLabOutputs(names));
  try {
    const report = await measureTopics(request, resume, outputs, signal);
    asUser(user, () => outputs.end(report));
    if (report.complete) {
      keep(user, () => saveLabReport(report));
      keep(user, () => removeUnfinished(report.machine, report.quick));
    }
    return report;
  } catch (error) {
    outputs.discard();
    throw error;
  }
}

async function measureTopics(
  request: Request,
  resume: boolean,
  outputs: LabOutputs,
  signal: AbortSignal,
): Promise<LabReport> {
  const { topics, quick, seed, machine, user } = request;
  const earlier = resume ? interrupted(request) : null;
  const finished = (earlier?.topics ?? []).filter(({ name }) => topics.includes(name));
  outputs.begin(machine);
  for (const topic of finished) outputs.topic(topic);
  const line = progressLine(quick ? "lab, quick" : "lab", "doing");
  const options: LabOptions = {
    topics,
    quick,
    signal,
    done: finished,
    onProgress: line.update,
    onTopic(topic, soFar) {
      line.end();
      outputs.topic(topic);
      if (!soFar.complete) keep(user, () => saveUnfinished(soFar));
    },
    ...(seed === null ? {} : { seed }),
  };
  return run(options).finally(line.end);
}

function interruptedBy(signal: string, { topics, complete }: LabReport, request: Request): Ending {
  if (!complete) {
    const count = topics.length;
    say(
      count === 0
        ? "interrupted before the first topic was done: nothing is written"
        : `interrupted: ${count} topic${count === 1 ? " is" : "s are"} done; go on with: ${resumption(request)}`,
    );
  }
  return { kind: "signal", signal };
}

/** The command line that goes on with this run. */
function resumption({ topics, quick }: Request): string {
  const named = topics.length < topicNames.length ? topics : [];
  return ["crossbill lab", ...named, ...(quick ? ["--quick"] : []), "--resume"].join(" ");
}

/** The run to go on with; null, said with the reason, when there is none. */
function interrupted({ machine, quick, user }: Request): LabReport | null {
  const lookup = asUser(user, () => loadUnfinished(machine, quick));
  if (lookup.state === "found") return lookup.report;
  const kind = quick ? "quick" : "full";
  say(
    lookup.state === "missing"
      ? `no ${kind} run of this machine was interrupted: measuring from the start`
      : `the interrupted run cannot be used (${lookup.path}: ${lookup.why}): measuring from the start`,
  );
  return null;
}

/** What cannot be kept is said; the report itself is not lost by it. */
function keep(user: InvokingUser | null, work: () => void): void {
  try {
    asUser(user, work);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}

function list(): Ending {
  const width = Math.max(...topicNames.map((name) => name.length)) + 2;
  for (const { name, question } of experiments) {
    const lines = wrapText(question, { width: LAB_WIDTH, lead: name.padEnd(width) });
    for (const line of lines) writeFully(1, `${line}\n`);
  }
  return done;
}
