/** crossbill try: proves findings, by a replay of recorded calls or in the running program. */
import { advise, type Bill, type Finding, type Trial, UsageError } from "@crossbill/core";
import { identifyMachine } from "@crossbill/lab";
import { appendTrial, type ReplayOutcome, replay, runLive } from "@crossbill/trial";
import type { OptionValues } from "commander";
import * as flags from "../flags.ts";
import { readInput } from "../input-file.ts";
import { untilSignal } from "../interruption.ts";
import { jsonPieces } from "../json-pieces.ts";
import { standardOutput } from "../output-file.ts";
import { becomeUser, invokingUser, useHomeOf } from "../privilege.ts";
import { progressLine } from "../progress-line.ts";
import { paintFor } from "../render/paint.ts";
import { trialLines } from "../render/trial.ts";
import { savedBill } from "../saved-bill.ts";
import { say, wantsColour, writeFully } from "../terminal.ts";
import { done, type Ending, type Verb } from "../verb.ts";

export const tryFindings: Verb = {
  name: "try",
  summary: "prove a finding by running it",
  description:
    "Replays the recorded calls of a finding in fresh processes, as they were and with the fix, in " +
    "pairs and in random order. It first says how well the unchanged calls reproduce the recorded " +
    "time, and gives no verdict when that errs by more than the finding claims. Files of yours are " +
    "only read; writes go to a scratch file on the same file system, which is removed.\n\n" +
    "With --live it runs the command that follows --, plain and with the fix, and compares output " +
    "and time. Every trial is kept for crossbill scoreboard. Under sudo it goes on as the user who " +
    "called it.",
  operand: {
    syntax: "[file-or-command...]",
    description: "a bill or a recording, - for standard input; with --live, behind --, the program",
    completion: "file",
  },
  flags: [
    flags.findingFlag,
    flags.jsonFlag,
    flags.liveFlag,
    flags.unsafeFlag,
    flags.outputFilesFlag,
  ],
  examples: [
    {
      command: "crossbill try bill.json",
      meaning: "every finding of it that can be replayed; run --sequence 1M keeps the order",
    },
    {
      command: "crossbill try bill.json --finding small-reads",
      meaning: "one of them",
    },
    {
      command: "crossbill try --live -- python3 -u report.py",
      meaning: "the program itself, with and without the fix",
    },
  ],
  async act(operands, values) {
    const live = flags.liveFlag.read(values);
    const [file] = operands;
    if (!live && (file === undefined || operands.length > 1)) {
      throw new UsageError(
        file === undefined ? "try: no bill is given" : "try: one bill at a time",
        {
          remedy: "as in: crossbill try bill.json",
        },
      );
    }
    const text = live || file === undefined ? null : readInput(file);
    // Reading may have needed root; what follows is the user's business.
    const user = invokingUser();
    useHomeOf(user);
    becomeUser(user);
    return text === null ? tryLive(operands, values) : tryReplays(text, values);
  },
};

async function tryReplays(text: string, values: OptionValues): Promise<Ending> {
  const bill = await savedBill(text);
  const findings = chosenFindings(bill, flags.findingFlag.read(values));
  const isJson = flags.jsonFlag.read(values);
  if (findings.length === 0 && !isJson) {
    writeFully(1, "nothing to try: the bill has no finding that a trial proves\n");
    return done;
  }
  const paint = paintFor(wantsColour(1));
  const outcomes: ReplayOutcome[] = [];
  const { signal } = await untilSignal(async (abort) => {
    for (const finding of findings) {
      const outcome = await tryOne(bill, finding, abort);
      if (outcome === null) return;
      outcomes.push(outcome);
      if (outcome.kind === "tried") keep(outcome.trial);
      if (isJson) continue;
      writeFully(
        1,
        trialLines(finding, outcome, paint)
          .map((line) => `${line}\n`)
          .join(""),
      );
    }
  });
  if (isJson) standardOutput(1).write(jsonPieces(asJson(outcomes)));
  return signal === null ? done : { kind: "signal", signal };
}

/** Null when it was interrupted. */
async function tryOne(
  bill: Bill,
  finding: Finding,
  signal: AbortSignal,
): Promise<ReplayOutcome | null> {
  const line = progressLine(`trying ${finding.code}`);
  const beganAt = performance.now();
  try {
    return await replay({
      bill,
      finding,
      machineKey: identifyMachine().key,
      signal,
      onProgress(share) {
        const seconds = (performance.now() - beganAt) / 1000;
        const secondsLeft = share > 0 ? (seconds / share) * (1 - share) : 10;
        line.update({ share, secondsLeft, doing: "" });
      },
    });
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    line.end();
  }
}

/** Made from the bill's figures again: what a file says of its own findings is not to be trusted. */
function chosenFindings(bill: Bill, code: string | null): Finding[] {
  const { findings } = advise(bill);
  if (code === null) return findings.filter(({ trial }) => trial !== null);
  const chosen = findings.filter((finding) => finding.code === code);
  if (chosen.length > 0) return chosen;
  const known = [...new Set(findings.map((finding) => finding.code))].join(", ");
  throw new UsageError(`the bill has no finding ${code}`, {
    remedy: known === "" ? "it has none at all" : `it has: ${known}`,
  });
}

function asJson(outcomes: readonly ReplayOutcome[]): object {
  return {
    trials: outcomes.flatMap((one) =>
      one.kind === "tried" ? [{ ...one.trial, replay: one.figures }] : [],
    ),
    refused: outcomes.flatMap((one) =>
      one.kind === "refused" ? [{ finding: one.finding, why: one.why }] : [],
    ),
  };
}

async function tryLive(operands: readonly string[], values: OptionValues): Promise<Ending> {
  const [program, ...rest] = operands;
  if (program === undefined) {
    throw new UsageError("try: no command is given", {
      remedy: "write it behind --, as in: crossbill try --live -- sort words",
    });
  }
  const { value, signal } = await untilSignal((abort) =>
    runLive({
      command: [program, ...rest],
      finding: flags.findingFlag.read(values),
      unsafe: flags.unsafeFlag.read(values),
      outputFiles: flags.outputFilesFlag.read(values),
      machineKey: identifyMachine().key,
      signal: abort,
      onProgress: say,
    }),
  );
  if (signal !== null) return { kind: "signal", signal };
  keep(value.trial);
  standardOutput(1).write(
    flags.jsonFlag.read(values) ? jsonPieces(value.trial) : value.lines.map((line) => `${line}\n`),
  );
  return done;
}

/** A trial that cannot be kept is still shown. */
function keep(trial: Trial): void {
  try {
    appendTrial(trial);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}
