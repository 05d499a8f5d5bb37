/** live-fixes: which fix the library applies for which finding. */
import { UnsupportedError, UsageError } from "@crossbill/core";

/** As CROSSBILL_LIVE_FIXES names them. */
export type LiveFix = "reads" | "writes" | "paths" | "syncs";

/** How long an answer about a path is believed, ms: what a person does not notice. */
export const PATHS_MS = 100;

const byFinding = new Map<string, readonly LiveFix[]>([
  ["small-reads", ["reads"]],
  ["seek-then-read", ["reads"]],
  ["contiguous-preads", ["reads"]],
  ["small-writes", ["writes"]],
  ["stat-storm", ["paths"]],
  ["missing-path-storm", ["paths"]],
  ["sync-per-record", ["syncs"]],
]);

const inWords: Readonly<Record<LiveFix, string>> = {
  reads: "small reads of files and of a piped standard input come from 64 KiB looked at ahead",
  writes: "small writes to files and pipes are gathered for at most 10 ms",
  paths: `what stat, access and open say of a path is believed for ${PATHS_MS} ms`,
  syncs: "an fsync within 100 ms of the last is put off to the file's end (unsafe)",
};

/** Whether a live trial knows the finding's fix. */
export function hasLiveFix(finding: string): boolean {
  return byFinding.has(finding);
}

/**
 * @throws UnsupportedError when no fix of the library is the finding's, UsageError when it is one
 * that --unsafe must allow.
 */
export function fixesOf(finding: string | null, unsafe: boolean): readonly LiveFix[] {
  if (finding === null) return unsafe ? ["reads", "writes", "syncs"] : ["reads", "writes"];
  const fixes = byFinding.get(finding);
  if (fixes === undefined) {
    throw new UnsupportedError(`a trial of ${finding} in the running program`, null, {
      remedy: `live trials know ${[...byFinding.keys()].join(", ")}; others may be replayed`,
    });
  }
  if (fixes.includes("syncs") && !unsafe) {
    throw new UsageError(`the fix of ${finding} changes what survives a crash`, {
      remedy: "add --unsafe if that may be, on data that can be lost",
    });
  }
  return fixes;
}

export function describeFixes(fixes: readonly LiveFix[]): string {
  return fixes.map((fix) => inWords[fix]).join("; ");
}
