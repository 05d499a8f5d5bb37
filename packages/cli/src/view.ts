/** What part of a bill its text shows. */
import type { Grouping } from "@crossbill/core";
import type { OptionValues } from "commander";
import { allFlag, byFlag, type TraceChoice, topFlag, traceFlag } from "./flags.ts";

export interface View {
  /** How many of the most expensive lines. */
  readonly top: number;
  /** null: line by line. */
  readonly by: Grouping | null;
  /** null: all system calls. */
  readonly trace: TraceChoice | null;
  /** Every finding, also those set aside, with the fix in every language. */
  readonly all: boolean;
}

/** Reads the flags that every command with a text bill has. */
export function readView(values: OptionValues): View {
  return {
    top: topFlag.read(values),
    by: byFlag.read(values),
    trace: traceFlag.read(values),
    all: allFlag.read(values),
  };
}
