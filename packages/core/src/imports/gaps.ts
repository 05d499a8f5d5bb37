/** Gaps: what cannot be known from a log of another tool, and what that means for a bill. */
import { z } from "zod";
import { intervalSchema } from "../prices.ts";

export const importFormats = ["strace log", "strace summary", "perf trace summary"] as const;
export type ImportFormat = (typeof importFormats)[number];

export const importGaps = [
  "observer",
  "work-or-waiting",
  "durations",
  "ticks",
  "elapsed",
  "faults",
  "processes",
  "targets",
  "errors",
] as const;
export type ImportGap = (typeof importGaps)[number];

const texts: Readonly<Record<ImportGap, string>> = {
  observer: "its times hold what the tool itself cost, of which only the least is taken off",
  "work-or-waiting":
    "work and waiting inside a call are not told apart: calls that wait by nature count as waiting",
  durations: "how long calls took (strace -T)",
  ticks: "its seconds are CPU time in ticks of the kernel, or elapsed time (strace -w)",
  elapsed: "how long the program ran (strace -ttt)",
  faults: "page faults, context switches and the run queue",
  processes: "which process made which call",
  targets: "which files and sockets they were made on (strace -y)",
  errors: "which errors there were",
};
/** What is said of the figures, rather than what is missing. */
const remarks: ReadonlySet<ImportGap> = new Set(["observer", "work-or-waiting", "ticks"]);

/** What was missing from a log, in words. */
export function describeGaps(gaps: readonly ImportGap[]): string {
  const unknown = gaps.filter((gap) => !remarks.has(gap)).map((gap) => texts[gap]);
  const said = gaps.filter((gap) => remarks.has(gap)).map((gap) => texts[gap]);
  return [...said, `not known: ${unknown.join("; ")}`].join("; ");
}

const count = z.number().int().nonnegative();

/** Where a recording came from that no recorder of ours made. */
export const importedSchema = z.object({
  from: z.enum(importFormats),
  gaps: z.array(z.enum(importGaps)).max(importGaps.length),
  /** Lines of the log that could not be read: their calls are in no count. */
  unread: count,
  /** What the tool added to a call's duration, as far as the log shows. */
  floorNs: intervalSchema,
});
