/** crossbill diff: what one bill has otherwise than another, and whether that is too much. */
import { type Diff, diffBills, printable, UsageError } from "@crossbill/core";
import type { OptionValues } from "commander";
import * as flags from "../flags.ts";
import { readInput } from "../input-file.ts";
import { jsonPieces } from "../json-pieces.ts";
import { openOutput, standardOutput } from "../output-file.ts";
import { becomeUser, invokingUser, useHomeOf } from "../privilege.ts";
import { type DiffView, diffMarkdown, diffText } from "../render/diff.ts";
import { paintFor } from "../render/paint.ts";
import { savedBill } from "../saved-bill.ts";
import { columnsOf, say, wantsColour } from "../terminal.ts";
import { done, type Ending, type Verb } from "../verb.ts";

export const diff: Verb = {
  name: "diff",
  summary: "say what one bill has otherwise than another",
  description:
    "Compares two bills or recordings of one program: counts exactly, times by their intervals, " +
    "which differ only when they do not meet. Processes are matched by name and order, not by pid; " +
    "numbers that change from run to run (inodes, ports, pids) do not matter. Times of different " +
    "machines are not compared.\n\n" +
    "A rule of --fail-on is WHAT>GROWTH. WHAT is crossings, errors, an error such as ENOENT, bytes, " +
    "minor faults, major faults, voluntary switches, involuntary switches, user, boundary, kernel, " +
    "waiting, wall, elapsed, or system calls as -e takes them: openat, %file, syscalls:!futex. " +
    "GROWTH is a percentage of what a has, an amount (40, 3ms, 64KiB), or both added: 20%+50 for " +
    "counts that wander. Of a time only growth beyond both intervals counts; waiting, wall and " +
    "elapsed have none, so give them room. A broken rule makes the exit status 1.",
  operand: {
    syntax: "<files...>",
    description: "two bills or recordings, before and after; one may be - for standard input",
    completion: "file",
  },
  flags: [flags.failOnFlag, flags.topFlag, flags.jsonFlag, flags.markdownFlag, flags.labOutputFlag],
  examples: [
    {
      command: "crossbill diff before.json after.json",
      meaning: "which calls came, went or changed?",
    },
    {
      command: 'crossbill diff main.json branch.json --fail-on "crossings>5%" --fail-on "ENOENT>0"',
      meaning: "fail a build that crosses 5 % more often, or fails to find one file more",
    },
  ],
  async act(operands, values): Promise<Ending> {
    const [first, second, ...more] = operands;
    if (first === undefined || second === undefined || more.length > 0) {
      throw new UsageError("diff: two files are needed", {
        remedy: "as in: crossbill diff before.json after.json",
      });
    }
    if (first === "-" && second === "-") throw new UsageError("diff: only one file can be -");
    const texts = [readInput(first), readInput(second)] as const;
    // Reading may have needed root; prices and output are the user's business.
    const user = invokingUser();
    useHomeOf(user);
    becomeUser(user);
    const [a, b] = [await savedBill(texts[0]), await savedBill(texts[1])];
    const result = diffBills(a, b, flags.failOnFlag.read(values));
    write(result, { names: [first, second], top: flags.topFlag.read(values) }, values);
    return endOf(result);
  },
};

function write(result: Diff, view: DiffView, values: OptionValues): void {
  const [asJson, asMarkdown] = [flags.jsonFlag.read(values), flags.markdownFlag.read(values)];
  if (asJson && asMarkdown) {
    throw new UsageError("diff: --json and --markdown both want standard output", {
      remedy: "run it once for each",
    });
  }
  const name = flags.labOutputFlag.read(values);
  const output = name === null ? standardOutput(1) : openOutput(name);
  const { descriptor } = output;
  const paint = paintFor(wantsColour(descriptor));
  const lines = () =>
    asMarkdown
      ? diffMarkdown(result, view)
      : diffText(result, view, { paint, width: columnsOf(descriptor) });
  output.write(asJson ? jsonPieces(result) : lines().map((line) => `${line}\n`));
}

/** A gate must say on standard error why it is shut, and what it could not look at. */
function endOf({ rules }: Diff): Ending {
  for (const { rule, verdict } of rules) {
    if (verdict === "broken") say(`--fail-on ${printable(rule)} is broken`);
    if (verdict === "not judged")
      say(`--fail-on ${printable(rule)} is not judged: the machines differ`);
  }
  return rules.some(({ verdict }) => verdict === "broken") ? { kind: "status", status: 1 } : done;
}
