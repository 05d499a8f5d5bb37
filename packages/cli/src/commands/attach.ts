/** crossbill attach: records processes that run already. */
import { UsageError } from "@crossbill/core";
import * as flags from "../flags.ts";
import { recordAndBill } from "../recording-session.ts";
import { done, type Verb } from "../verb.ts";
import { readView } from "../view.ts";

export const attach: Verb = {
  name: "attach",
  summary: "bill processes that run already",
  description:
    "Records the processes, their threads and the children they start from now on, until the time " +
    "is over, they have ended, or Ctrl-C. They run on unharmed. With --json - the JSON is all that " +
    "standard output gets.",
  operand: null,
  flags: [
    flags.pidFlag,
    flags.durationFlag,
    flags.outputFlag,
    flags.jsonFileFlag,
    flags.recordingFlag,
    flags.topFlag,
    flags.byFlag,
    flags.traceFlag,
    flags.exactTimeFlag,
    flags.recorderFlag,
    flags.calibrateFlag,
  ],
  examples: [
    { command: "crossbill attach -p 1234 --duration 10s", meaning: "ten seconds of one process" },
    {
      command: 'crossbill attach -p "$(pidof nginx)" --by target',
      meaning: "all processes of a name until Ctrl-C, by what they read and write",
    },
  ],
  async act(_operands, values) {
    const pids = flags.pidFlag.read(values);
    if (pids === null) {
      throw new UsageError("attach: no process is given", {
        remedy: "name it with -p, as in: crossbill attach -p 1234",
      });
    }
    await recordAndBill({
      subject: { pids },
      command: [],
      outputs: {
        bill: flags.outputFlag.read(values),
        json: flags.jsonFileFlag.read(values),
        recording: flags.recordingFlag.read(values),
      },
      view: readView(values),
      exactTime: flags.exactTimeFlag.read(values),
      recorder: flags.recorderFlag.read(values),
      mayCalibrate: flags.calibrateFlag.read(values),
      signals: "stop",
      durationMs: flags.durationFlag.read(values),
    });
    return done;
  },
};
