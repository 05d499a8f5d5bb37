/** crossbill report: the text or JSON of a saved recording or bill. */
import { type Bill, UsageError } from "@crossbill/core";
import * as flags from "../flags.ts";
import { readInput } from "../input-file.ts";
import { jsonPieces } from "../json-pieces.ts";
import { openOutput, standardOutput } from "../output-file.ts";
import { becomeUser, invokingUser, useHomeOf } from "../privilege.ts";
import { renderBill } from "../render/bill.ts";
import { savedBill } from "../saved-bill.ts";
import { columnsOf, wantsColour } from "../terminal.ts";
import { done, type Verb } from "../verb.ts";
import { readView, type View } from "../view.ts";

export const report: Verb = {
  name: "report",
  summary: "print a saved recording or bill again",
  description:
    "Reads what run or attach wrote with --json or --recording and prints the bill on standard " +
    "output. A recording is billed with this machine's prices when it was made here; a bill brings " +
    "its own.",
  operand: {
    syntax: "<file>",
    description: "a recording or a bill, or - for standard input",
    completion: "file",
  },
  flags: [
    flags.jsonFlag,
    flags.outputFlag,
    flags.topFlag,
    flags.byFlag,
    flags.traceFlag,
    flags.allFlag,
  ],
  examples: [
    {
      command: "crossbill report bill.json --top 30 --by syscall",
      meaning: "the same bill from another side",
    },
    {
      command: "crossbill report run.recording.json --json > bill.json",
      meaning: "a recording billed afterwards",
    },
  ],
  async act([file], values) {
    if (file === undefined) throw new UsageError("report: no file is given");
    const view = readView(values);
    const saved = readInput(file);
    // Reading may have needed root; prices and output are the user's business.
    const user = invokingUser();
    useHomeOf(user);
    becomeUser(user);
    const bill = await savedBill(saved);
    const name = flags.outputFlag.read(values);
    const output = name === null ? standardOutput(1) : openOutput(name);
    output.write(
      flags.jsonFlag.read(values) ? jsonPieces(bill) : text(bill, view, output.descriptor),
    );
    return done;
  },
};

function text(bill: Bill, view: View, descriptor: number): Iterable<string> {
  return renderBill(bill, {
    ...view,
    colour: wantsColour(descriptor),
    width: columnsOf(descriptor),
  });
}
