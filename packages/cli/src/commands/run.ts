/** crossbill run: records a program from its start to its end and bills it. */
import { UsageError } from "@crossbill/core";
import { readRecordingFlags, recordingFlags } from "../recording-flags.ts";
import { recordAndBill } from "../recording-session.ts";
import type { Ending, Verb } from "../verb.ts";

export const run: Verb = {
  name: "run",
  summary: "run a program and print the bill of its crossings",
  description:
    "Runs the program as if crossbill were not there: its input, output, terminal, exit status and " +
    "death by signal pass through, and Ctrl-C reaches it once; only signals that were ignored, as " +
    "by nohup, are not ignored in it, because Node resets them at its start. Child processes and " +
    "threads are recorded too. When the program has ended, the bill goes to standard error or to " +
    "a file.\n\n" +
    "Everything from the first word that is no option belongs to the program; -- makes it plain. " +
    "Prices are measured by itself the first time (at most three seconds).",
  operand: {
    syntax: "[command...]",
    description: "the program and its arguments",
    completion: "command",
  },
  flags: recordingFlags,
  examples: [
    { command: "crossbill run -- git status", meaning: "the bill of one command" },
    {
      command: "crossbill run -o bill.txt --json bill.json -- make -j2",
      meaning: "the bill in two files, the program's own output as ever",
    },
    {
      command: "crossbill run --by process -e trace=%file -- ./configure",
      meaning: "what each process paid for calls that take a file name",
    },
    {
      command: "crossbill run --exact-time -- ls -l",
      meaning: "every call timed: better for short programs, shows latencies",
    },
  ],
  async act(operands, values): Promise<Ending> {
    const [program, ...rest] = operands;
    if (program === undefined) {
      throw new UsageError("run: no command is given", {
        remedy: "write it behind the options, as in: crossbill run -- ls -l",
      });
    }
    const exit = await recordAndBill({
      subject: { command: [program, ...rest] },
      command: operands,
      ...readRecordingFlags(values),
      signals: "forward",
      durationMs: null,
    });
    if (exit.signal !== null) return { kind: "signal", signal: exit.signal };
    return { kind: "status", status: exit.code ?? 0 };
  },
};
