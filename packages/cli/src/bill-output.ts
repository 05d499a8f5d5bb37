/** Where a bill goes: text, JSON and the recording itself, each to its place. */
import type { Bill, Recording } from "@crossbill/core";
import { UsageError } from "@crossbill/core";
import { jsonPieces } from "./json-pieces.ts";
import { type OutputFile, openOutput, standardOutput } from "./output-file.ts";
import { renderBill } from "./render/bill.ts";
import { columnsOf, wantsColour } from "./terminal.ts";
import type { View } from "./view.ts";

export interface OutputNames {
  readonly bill: string | null;
  readonly json: string | null;
  readonly recording: string | null;
}

/** The opened places of one run. */
export interface BillOutputs {
  /** Whether standard output is one of them, so that nothing else may be written there. */
  readonly takesStandardOutput: boolean;
  /** Writes each, whatever becomes of the others; then throws what went wrong first. */
  write(recording: Recording, bill: Bill, view: View): void;
  discard(): void;
}

/** Opens them all, or none. @throws UsageError when one cannot be written or two are the same. */
export function openBillOutputs(names: OutputNames): BillOutputs {
  refuseTwins(names);
  const opened: OutputFile[] = [];
  const open = (name: string | null): OutputFile | null => {
    if (name === null) return null;
    const output = openOutput(name);
    opened.push(output);
    return output;
  };
  const discard = () => {
    for (const output of opened.splice(0)) output.discard();
  };
  try {
    const json = open(names.json);
    const kept = open(names.recording);
    const text = open(names.bill) ?? standardOutput(2);
    return {
      takesStandardOutput: opened.some(({ descriptor }) => descriptor === 1),
      write(recording, bill, view) {
        opened.length = 0; // From here on each one looks after itself.
        const [colour, width] = [wantsColour(text.descriptor), columnsOf(text.descriptor)];
        attemptEach([
          () => kept?.write(jsonPieces(recording)),
          () => json?.write(jsonPieces(bill)),
          () => text.write(renderBill(bill, { ...view, colour, width })),
        ]);
      },
      discard,
    };
  } catch (error) {
    discard();
    throw error;
  }
}

/** The program has run once and will not run again for us: one full disk must not lose it all. */
function attemptEach(steps: readonly (() => void)[]): void {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

function refuseTwins(names: OutputNames): void {
  const given = [names.bill, names.json, names.recording].filter((name) => name !== null);
  if (new Set(given).size === given.length) return;
  throw new UsageError("two outputs have the same name", { remedy: "give each its own file" });
}
