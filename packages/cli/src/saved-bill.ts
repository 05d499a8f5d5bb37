/** A bill from a file: a saved bill as it is, a saved recording priced. */
import { readFileSync, statSync } from "node:fs";
import {
  type Bill,
  encodeBytes,
  makeBill,
  parseBill,
  parseRecording,
  printable,
  type Recording,
  UsageError,
} from "@crossbill/core";
import { identifyMachine, loadPrices } from "@crossbill/lab";
import { ownPrices } from "./own-prices.ts";
import { errorCode } from "./terminal.ts";

/** V8 holds no longer string; a bill of 50,000 lines has a tenth of it. */
const BYTES_MAX = 512 * 1024 * 1024;
/** The schema's name comes first in what we write. */
const HEAD_CHARACTERS = 1024;

/** Reads `name` ("-" for standard input). Throws UsageError or RecordingError. */
export async function readSavedBill(name: string): Promise<Bill> {
  const text = readText(name);
  const head = text.slice(0, HEAD_CHARACTERS);
  if (!head.includes('"crossbill.recording/')) return parseBill(text);
  return billOf(parseRecording(text));
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

function readText(name: string): string {
  try {
    if (name === "-") return readFileSync(0, "utf8");
    const path = Buffer.from(encodeBytes(name));
    const { size } = statSync(path);
    if (size > BYTES_MAX) throw new UsageError(`${printable(name)} is larger than 512 MiB`);
    return readFileSync(path, "utf8");
  } catch (cause) {
    const code = errorCode(cause);
    if (code === null || cause instanceof UsageError) throw cause;
    throw new UsageError(`cannot read ${printable(name)}: ${code}`, { cause });
  }
}
