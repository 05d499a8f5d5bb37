/** crossbill try: proves findings, by a replay of recorded calls or in the running program. */
import { UsageError } from "@crossbill/core";
import { identifyMachine } from "@crossbill/lab";
import { appendTrial, type LiveTrial, runLive } from "@crossbill/trial";
import type { OptionValues } from "commander";
import * as flags from "../flags.ts";
import { untilSignal } from "../interruption.ts";
import { jsonPieces } from "../json-pieces.ts";
import { standardOutput } from "../output-file.ts";
import { becomeUser, invokingUser, useHomeOf } from "../privilege.ts";
import { say } from "../terminal.ts";
import { done, type Ending, type Verb } from "../verb.ts";

export const tryFindings: Verb = {
  name: "try",
  summary: "prove a finding by running it",
  description:
    "With --live it runs the command that follows --, plain and with the fix, in pairs and in random " +
    "order, and compares output and time. Every trial is kept for crossbill scoreboard.\n\n" +
    "Under sudo it goes on as the user who called it.",
  operand: {
    syntax: "[command...]",
    description: "with --live, behind --, the program and its arguments",
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
      command: "crossbill try --live -- python3 -u report.py",
      meaning: "the program itself, with and without the fix",
    },
  ],
  async act(operands, values) {
    const user = invokingUser();
    useHomeOf(user);
    becomeUser(user);
    if (!flags.liveFlag.read(values)) {
      throw new UsageError("try: --live is needed", {
        remedy: "as in: crossbill try --live -- program",
      });
    }
    return tryLive(operands, values);
  },
};

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
  keep(value);
  standardOutput(1).write(
    flags.jsonFlag.read(values) ? jsonPieces(value.trial) : value.lines.map((line) => `${line}\n`),
  );
  return done;
}

/** A trial that cannot be kept is still shown. */
function keep({ trial }: LiveTrial): void {
  try {
    appendTrial(trial);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}
