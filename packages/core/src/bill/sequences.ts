/** Sequences: the recorded order of accesses, with what it was about in place of an id. */
import type { Recording } from "../recording.ts";
import type { BillTargets } from "./bill-targets.ts";
import type { Bill } from "./shape.ts";

/** Nothing when the recording was made without them. */
export function makeSequences(recording: Recording, targets: BillTargets): Pick<Bill, "sequences"> {
  if (recording.sequences === undefined) return {};
  const kinds = new Map(recording.targets.map(({ id, kind }) => [id, kind]));
  return {
    sequences: recording.sequences.map(({ target: id, ...sequence }) => ({
      ...sequence,
      target: targets.of(kinds.get(id) ?? "unknown", id).target,
    })),
  };
}
