/** crossbill attach: records processes that run already. */
import { UsageError } from "@crossbill/core";
import { durationFlag, pidFlag } from "../flags.ts";
import { readRecordingFlags, recordingFlags } from "../recording-flags.ts";
import { recordAndBill } from "../recording-session.ts";
import { done, type Verb } from "../verb.ts";

export const attach: Verb = {
  name: "attach",
  summary: "bill processes that run already",
  description:
    "Records the processes, their threads and the children they start from now on, until the time " +
    "is over, they have ended, or Ctrl-C. They run on unharmed. With --json - the JSON is all that " +
    "standard output gets.",
  operand: null,
  flags: [pidFlag, durationFlag, ...recordingFlags],
  examples: [
    { command: "crossbill attach -p 1234 --duration 10s", meaning: "ten seconds of one process" },
    {
      command: 'crossbill attach -p "$(pidof nginx)" --by target',
      meaning: "all processes of a name until Ctrl-C, by what they read and write",
    },
  ],
  async act(_operands, values) {
    const pids = pidFlag.read(values);
    if (pids === null) {
      throw new UsageError("attach: no process is given", {
        remedy: "name it with -p, as in: crossbill attach -p 1234",
      });
    }
    await recordAndBill({
      subject: { pids },
      command: [],
      ...readRecordingFlags(values),
      signals: "stop",
      durationMs: durationFlag.read(values),
    });
    return done;
  },
};
