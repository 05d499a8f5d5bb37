/** Imported log: what every kind of log comes to, before it is a recording. */
import type { Interval } from "../prices.ts";
import type { ImportFormat, ImportGap } from "./gaps.ts";
import type { ImportedLines } from "./imported-lines.ts";

export interface ImportedLog {
  readonly format: ImportFormat;
  readonly lines: ImportedLines;
  /** What cannot be known from it. */
  readonly gaps: readonly ImportGap[];
  /** Lines of the log that could not be read. */
  readonly unread: number;
  /** Calls entered and not seen leaving, by name. */
  readonly unfinished: ReadonlyMap<string, number>;
  /** Of them, those that ended their thread. */
  readonly exits: number;
  /** What the observer added to a call's duration. */
  readonly floorNs: Interval;
  readonly command: readonly string[];
  readonly exit: { readonly code: number | null; readonly signal: string | null };
  /** Seconds since 1970; null: the log does not say. */
  readonly startedAtSeconds: number | null;
  /** 0: not known. */
  readonly elapsedNs: number;
}
