/** The shape of an export: a bill in a format that other tools read. */
import type { Bill } from "../bill/shape.ts";
import type { ValueName } from "./call-values.ts";

export interface ExportOptions {
  /** What formats with one figure for each stack carry. */
  readonly value: ValueName;
  /** How many of the dearest lines are shown by formats that people read. */
  readonly top: number;
}

export interface ExportFormat {
  /** What `--format` calls it. */
  readonly id: string;
  /** Of a file's name, without a dot. */
  readonly extension: string;
  readonly mediaType: string;
  /** What it says of a bill, in words for a table. */
  readonly carries: string;
  /** What of a bill is not in it. */
  readonly lacks: string;
  /** Which tools read it. */
  readonly readers: string;
  /** Its files are compressed with gzip by whoever stores them. */
  readonly gzip?: true;
  write(this: void, bill: Bill, options: ExportOptions): string | Uint8Array;
}
