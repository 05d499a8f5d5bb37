/** What every command that records can be told, and how its flags are read. */
import type { OptionValues } from "commander";
import { openBillOutputs } from "./bill-output.ts";
import * as flags from "./flags.ts";
import type { SessionOptions } from "./recording-session.ts";
import { readView } from "./view.ts";

export const recordingFlags: readonly flags.AnyFlag[] = [
  flags.outputFlag,
  flags.jsonFileFlag,
  flags.recordingFlag,
  flags.topFlag,
  flags.byFlag,
  flags.traceFlag,
  flags.allFlag,
  flags.exactTimeFlag,
  flags.recorderFlag,
  flags.sequenceFlag,
  flags.calibrateFlag,
  flags.symbolsFlag,
];

type Chosen = Pick<
  SessionOptions,
  "openOutputs" | "exactTime" | "recorder" | "sequence" | "mayCalibrate" | "nameSites"
>;

export function readRecordingFlags(values: OptionValues): Chosen {
  const names = {
    bill: flags.outputFlag.read(values),
    json: flags.jsonFileFlag.read(values),
    recording: flags.recordingFlag.read(values),
  };
  const view = readView(values);
  return {
    openOutputs: () => openBillOutputs(names, view),
    exactTime: flags.exactTimeFlag.read(values),
    recorder: flags.recorderFlag.read(values),
    sequence: flags.sequenceFlag.read(values),
    mayCalibrate: flags.calibrateFlag.read(values),
    nameSites: flags.symbolsFlag.read(values),
  };
}
