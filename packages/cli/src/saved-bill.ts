/** A bill from the text of a file: a saved bill, with advice when it has none; a recording priced. */
import {
  advise,
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
  if (saved.kind === "recording") return billOf(saved.recording);
  const { bill } = saved;
  return bill.findings === undefined ? { ...bill, ...advise(bill) } : bill;
}

/** Bills a recording with the prices of the machine it was made on. */
export async function billOf(recording: Recording): Promise<Bill> {
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
