/** crossbill import: the log of strace or perf trace as a recording, priced. */
import { basename } from "node:path";
import { describeWarning, LogImport, UsageError } from "@crossbill/core";
import { identifyMachine } from "@crossbill/lab";
import * as flags from "../flags.ts";
import { jsonPieces } from "../json-pieces.ts";
import { logLines } from "../log-lines.ts";
import { openOutput, standardOutput } from "../output-file.ts";
import { becomeUser, invokingUser, useHomeOf } from "../privilege.ts";
import { renderBill } from "../render/bill.ts";
import { billOf } from "../saved-bill.ts";
import { columnsOf, say, wantsColour } from "../terminal.ts";
import { done, type Verb } from "../verb.ts";
import { readView } from "../view.ts";

export const importLog: Verb = {
  name: "import",
  summary: "bill the log of strace or perf trace",
  description:
    "Reads what strace -f -ttt -T -y, strace -f -c or perf trace -s wrote, and prints what can be said " +
    "of its cost with this machine's prices: counts, boundary, and as much of the times as the log " +
    "tells. What it does not tell is said under the bill. With -o the recording is kept instead, for " +
    "crossbill report. More of strace's options only help: -ttt and -T bring times, -y the files.",
  operand: {
    syntax: "<log>",
    description: "the log, or - for standard input",
    completion: "file",
  },
  flags: [flags.importOutputFlag, flags.topFlag, flags.byFlag, flags.traceFlag, flags.allFlag],
  examples: [
    {
      command: "strace -f -ttt -T -y -o app.log app; crossbill import app.log",
      meaning: "what the calls of a log cost",
    },
    {
      command: "crossbill import app.log -o app.json && crossbill report app.json --format csv",
      meaning: "the same as a table",
    },
  ],
  async act([file], values) {
    if (file === undefined) throw new UsageError("import: no log is given");
    const view = readView(values);
    const name = flags.importOutputFlag.read(values);
    const log = new LogImport();
    for (const line of logLines(file)) log.add(line);
    // Reading may have needed root; prices and output are the user's business.
    const user = invokingUser();
    useHomeOf(user);
    becomeUser(user);
    const recording = log.finish({
      machine: identifyMachine(),
      importedAt: new Date().toISOString(),
      name: file === "-" ? "(log)" : basename(file),
    });
    if (name !== null) {
      openOutput(name).write(jsonPieces(recording));
      const { from, gaps } = recording.imported ?? {};
      if (from !== undefined && gaps !== undefined)
        say(describeWarning({ code: "imported", from, gaps }));
      return done;
    }
    const output = standardOutput(1);
    const { descriptor } = output;
    const look = { colour: wantsColour(descriptor), width: columnsOf(descriptor) };
    output.write(renderBill(await billOf(recording), { ...view, ...look }));
    return done;
  },
};
