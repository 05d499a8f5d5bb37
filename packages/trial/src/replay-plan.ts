/** replay-plan: all that a replay of one finding needs, or the sentence why there is none. */
import type { Bill, Finding } from "@crossbill/core";
import { type AccessPattern, accessPattern } from "./access-pattern.ts";
import { encodePlan } from "./plan-file.ts";
import { isWrite, type PlannedAccess } from "./planned-access.ts";
import { findRecorded, type RecordedFile } from "./recorded-file.ts";
import { costOf, type Subject, subjectOf } from "./subject.ts";
import { type FixedWay, type Way, wayOf } from "./ways.ts";

/** As in native/src/replay-plan.h. */
const MOST_SCRATCH_BYTES = 4 * 2 ** 30;
const PAGE_BYTES = 4096;
/** Of the calls' time: from here on the page cache was not warm. */
const COLD_SHARE = 0.2;
/** From here on waiting for the disk is most of it. */
const DISK_SHARE = 0.5;

/** Of what the finding's calls cost: a replay of less says little about the finding. */
const LEAST_COVERED = 0.1;

export interface ReplayPlan {
  readonly way: Way;
  readonly fix: FixedWay;
  readonly subject: Subject;
  readonly pattern: AccessPattern;
  /** Whether the recorded calls waited for a disk, so that the replay must too. */
  readonly isCold: boolean;
  /** What the replayed lines cost when they were recorded, ns. */
  readonly recordedNs: number;
  readonly scratchMost: number;
  /** For crossbill-measure. */
  readonly bytes: Uint8Array;
}

/** Looks at the bill and at the recorded file; opens and writes nothing. */
export function planReplay(bill: Bill, finding: Finding): ReplayPlan | string {
  const way = wayOf(finding);
  if (way === null) return "there is no replay for such a finding";
  const subject = subjectOf(bill, finding, way);
  if (typeof subject === "string") return subject;
  if (subject.coveredShare < LEAST_COVERED) {
    return "its calls are spread over so many files or kinds of them that none stands for the rest";
  }
  const source = way.kind === "writes" ? null : findRecorded(recordedFile(bill, subject));
  if (typeof source === "string") return source;
  const pattern = accessPattern(bill, subject, way, source?.bytes ?? null);
  if (typeof pattern === "string") return pattern;
  const scratch = scratchOf(way, subject, pattern.accesses);
  if (!(scratch.most <= MOST_SCRATCH_BYTES)) return "a scratch copy would exceed 4 GiB";
  const diskShare = source === null ? 0 : waitedForDisk(subject);
  const isCold = diskShare > COLD_SHARE;
  return {
    way,
    fix: (diskShare > DISK_SHARE ? way.fixOnDisk : undefined) ?? way.fix,
    subject,
    pattern,
    isCold,
    recordedNs: Math.max(1, costOf(subject.lines)),
    scratchMost: scratch.most,
    bytes: encodePlan({
      source,
      isCold,
      scratchBytes: scratch.before,
      scratchMost: scratch.most,
      accesses: scratch.accesses,
    }),
  };
}

function recordedFile({ startedAt, elapsedNs }: Bill, { path, sizeBytes }: Subject): RecordedFile {
  return { path, sizeBytes, endedAtMs: Date.parse(startedAt) + elapsedNs / 1e6 };
}

function waitedForDisk({ lines }: Subject): number {
  const disk = lines.reduce((all, { waits }) => all + (waits.disk ?? 0), 0);
  return disk / Math.max(1, costOf(lines));
}

interface ScratchExtent {
  readonly accesses: readonly PlannedAccess[];
  readonly before: number;
  readonly most: number;
}

/**
 * How large the scratch file is before and at most. A log that grows begins at its last page: what is
 * before it makes no difference, and may be large.
 */
function scratchOf(
  { kind }: Way,
  { sizeBytes }: Subject,
  accesses: readonly PlannedAccess[],
): ScratchExtent {
  if (kind === "reads") return { accesses, before: 0, most: 0 };
  if (kind === "copy") {
    return { accesses, before: 0, most: accesses.reduce((all, { moved }) => all + moved, 0) };
  }
  const writes = accesses.filter(({ operation }) => isWrite(operation));
  const first = writes[0]?.offset ?? 0;
  const end = writes.reduce((most, { offset, asked }) => Math.max(most, offset + asked), 0);
  if (!grows(writes)) {
    const before = Math.min(sizeBytes ?? 0, Number.MAX_SAFE_INTEGER);
    return { accesses, before, most: Math.max(before, end) };
  }
  const base = first - (first % PAGE_BYTES);
  const moved = accesses.map((access) => ({
    ...access,
    offset: Math.max(0, access.offset - base),
  }));
  return { accesses: moved, before: first - base, most: end - base };
}

function grows(writes: readonly PlannedAccess[]): boolean {
  return writes.every(({ offset }, at) => {
    const before = writes[at - 1];
    return before === undefined || offset >= before.offset + before.moved;
  });
}
