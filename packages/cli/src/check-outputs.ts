/** Where a check goes: text, JSON, Markdown and an updated budget, each to its place. */
import type { Budget, Check } from "@crossbill/core";
import { jsonPieces } from "./json-pieces.ts";
import { attemptEach, openOutputs } from "./opened-outputs.ts";
import { standardOutput } from "./output-file.ts";
import { checkMarkdown, checkText } from "./render/check.ts";
import { paintFor } from "./render/paint.ts";
import { columnsOf, wantsColour } from "./terminal.ts";

export interface CheckOutputNames {
  readonly text: string | null;
  readonly json: string | null;
  readonly markdown: string | null;
  /** The budget, when it is to be written. */
  readonly budget: string | null;
}

export interface CheckOutputs {
  readonly takesStandardOutput: boolean;
  /** Writes each, whatever becomes of the others; then throws what went wrong first. */
  write(check: Check, updated: Budget | null): void;
  discard(): void;
}

/** Opens them all, or none. @throws UsageError when one cannot be written or two are the same. */
export function openCheckOutputs(names: CheckOutputNames): CheckOutputs {
  const opened = openOutputs(names);
  const text = opened.file("text") ?? standardOutput(2);
  return {
    takesStandardOutput: opened.takesStandardOutput,
    write(check, updated) {
      opened.release();
      const { descriptor } = text;
      const look = { paint: paintFor(wantsColour(descriptor)), width: columnsOf(descriptor) };
      attemptEach([
        () => opened.file("budget")?.write([`${JSON.stringify(updated, null, 2)}\n`]),
        () => opened.file("json")?.write(jsonPieces(check)),
        () => opened.file("markdown")?.write(endLines(checkMarkdown(check))),
        () => text.write(endLines(checkText(check, look))),
      ]);
    },
    discard: () => opened.discard(),
  };
}

function endLines(lines: readonly string[]): string[] {
  return lines.map((line) => `${line}\n`);
}
