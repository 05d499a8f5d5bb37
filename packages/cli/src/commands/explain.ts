/** crossbill explain: a topic in a screenful, with this machine's own figures. */
import { type Machine, UsageError } from "@crossbill/core";
import { identifyMachine, loadLabReport, run, saveLabReport } from "@crossbill/lab";
import * as flags from "../flags.ts";
import { untilSignal } from "../interruption.ts";
import { findTopic, topicNames } from "../lab-topics.ts";
import { openOutput, standardOutput } from "../output-file.ts";
import { asUser, type InvokingUser, invokingUser, useHomeOf } from "../privilege.ts";
import { progressLine } from "../progress-line.ts";
import { explainLines, type KnownTopic, wholeExplanation } from "../render/explain.ts";
import { paintFor } from "../render/paint.ts";
import { say, wantsColour } from "../terminal.ts";
import { done, type Verb } from "../verb.ts";

export const explain: Verb = {
  name: "explain",
  summary: "explain a topic of the lab with this machine's own figures",
  description:
    "A screenful: what the last run of the lab found on this machine, and what happens in the kernel. " +
    "Without such a run the topic is measured quickly first.",
  operand: {
    syntax: "<topic>",
    description: "the name of a topic; crossbill lab --list names them all",
    completion: topicNames,
  },
  flags: [flags.wholeTopicFlag, flags.labOutputFlag],
  examples: [
    { command: "crossbill explain mmap", meaning: "when does a mapping beat a read here?" },
    { command: "crossbill explain ipc --all", meaning: "all that is known of a topic" },
  ],
  async act([name], values) {
    if (name === undefined) throw new UsageError("explain: no topic is given");
    const experiment = findTopic(name);
    const user = invokingUser();
    useHomeOf(user);
    const file = flags.labOutputFlag.read(values);
    const output = asUser(user, () => (file === null ? standardOutput(1) : openOutput(file)));
    try {
      const machine = identifyMachine();
      const kept = asUser(user, () => keptTopic(machine, name));
      const { value, signal } =
        kept === null
          ? await untilSignal((abort) => measureQuickly(machine, name, user, abort))
          : { value: kept, signal: null };
      if (value === null || signal !== null) {
        output.discard();
        return { kind: "signal", signal: signal ?? "SIGINT" };
      }
      const explained = flags.wholeTopicFlag.read(values) ? wholeExplanation : explainLines;
      const lines = explained(experiment, value, paintFor(wantsColour(output.descriptor)));
      asUser(user, () => output.write(lines.map((line) => `${line}\n`)));
      return done;
    } catch (error) {
      output.discard();
      throw error;
    }
  },
};

/** The topic in the last full run, else in the last quick one. */
function keptTopic(machine: Machine, name: string): KnownTopic | null {
  for (const quick of [false, true]) {
    const lookup = loadLabReport(machine, quick);
    if (lookup.state === "unusable") {
      say(`the last report cannot be used (${lookup.path}: ${lookup.why})`);
    }
    if (lookup.state !== "found") continue;
    const { report } = lookup;
    const topic = report.topics.find((one) => one.name === name);
    if (topic === undefined) continue;
    return { topic, machine, quick, measuredAt: topic.measuredAt ?? report.measuredAt };
  }
  return null;
}

/** Null when it was interrupted. */
async function measureQuickly(
  machine: Machine,
  name: string,
  user: InvokingUser | null,
  signal: AbortSignal,
): Promise<KnownTopic | null> {
  const line = progressLine(`measuring ${name} quickly, as no report has it`);
  const report = await run({
    topics: [name],
    quick: true,
    signal,
    onProgress: line.update,
  }).finally(line.end);
  const [topic] = report.topics;
  if (topic === undefined) return null;
  try {
    asUser(user, () => saveLabReport(report));
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
  return { topic, machine, quick: true, measuredAt: report.measuredAt };
}
