/** Where a bill goes: text, JSON and the recording itself, each to its place. */
import { jsonPieces } from "./json-pieces.ts";
import { attemptEach, openOutputs } from "./opened-outputs.ts";
import { standardOutput } from "./output-file.ts";
import type { SessionOutputs } from "./recording-session.ts";
import { renderBill } from "./render/bill.ts";
import { columnsOf, wantsColour } from "./terminal.ts";
import type { View } from "./view.ts";

export interface OutputNames {
  readonly bill: string | null;
  readonly json: string | null;
  readonly recording: string | null;
}

/** Opens them all, or none. @throws UsageError when one cannot be written or two are the same. */
export function openBillOutputs(names: OutputNames, view: View): SessionOutputs {
  const opened = openOutputs(names);
  const text = opened.file("bill") ?? standardOutput(2);
  return {
    takesStandardOutput: opened.takesStandardOutput,
    /** Writes each, whatever becomes of the others; then throws what went wrong first. */
    write(recording, bill) {
      opened.release();
      const [colour, width] = [wantsColour(text.descriptor), columnsOf(text.descriptor)];
      attemptEach([
        () => opened.file("recording")?.write(jsonPieces(recording)),
        () => opened.file("json")?.write(jsonPieces(bill)),
        () => text.write(renderBill(bill, { ...view, colour, width })),
      ]);
    },
    discard: () => opened.discard(),
  };
}
