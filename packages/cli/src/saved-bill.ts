/** A bill from the text of a file: a saved bill as it is, a saved recording priced. */
import {
  type Bill,
  makeBill,
  parseRecordingOrBill,
  type Recording,
  UsageError,
} from "@crossbill/core";
import { identifyMachine, loadPrices } from "@crossbill/lab";
import { ownPrices } from "./own-prices.ts";

/** @throws UsageError or RecordingError. */
export async function savedBill(text: string): Promise<Bill> {
  const saved = parseRecordingOrBill(text);
  return saved.kind === "bill" ? saved.bill : billOf(saved.recording);
}

/** Bills a recording with the prices of the machine it was made on. */
async function billOf(recording: Recording): Promise<Bill> {
  const stored = loadPrices(recording.machine);
  if (stored.state === "found") return makeBill(recording, stored.prices);
  const machine = identifyMachine();
  if (machine.key !== recording.machine.key) {
    throw new UsageError("the recording was made on another machine, whose prices are not here", {
      remedy: "print its bill there, or save the bill with --json",
    });
  }
  const { signal } = new AbortController();
  return makeBill(
    recording,
    await ownPrices({ machine, user: null, mode: null, mayCalibrate: true, signal }),
  );
}
