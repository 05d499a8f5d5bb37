/** Pieces: what the same bytes would cost in few large calls and from a buffer. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import type { Interval } from "../prices.ts";
import { addIntervals, scaleInterval } from "../statistics.ts";
import { bytesOf, countOf, type Evidence, less, type Program, placeOf } from "./evidence.ts";
import type { Candidate } from "./finding.ts";
import { callsBeside } from "./streams.ts";

/** What libraries read ahead by default: large enough to make the fixed price small, small to keep. */
export const BUFFER_BYTES = 65_536;
/**
 * In crossings: a piece from a buffer costs a function call, up to a twentieth of a crossing on all
 * machines known; but without the crossing the user's code is spared the call's own wrapper, and finds
 * its caches and predictors warm, which is worth more.
 */
const PIECE: Interval = { low: -0.3, likely: -0.12, high: 0.05 };
/** The same where an interpreter comes between: it makes objects and lets go of its lock for each call. */
const INTERPRETED: Interval = { low: -4, likely: -1, high: 0 };
const INTERPRETERS = /\/(python|node|ruby|perl)[^/]*$/;
const PAGE_BYTES = 4096;
/** In anonymous faults: a new page of a file, cheaper where the kernel takes many at a time. */
const PAGE: Interval = { low: 0, likely: 0.4, high: 0.8 };

/**
 * Pieces that a buffer would gather: small ones, asked for as such. What asks for much and gets
 * little has met the end of a small file, or a writer who sends no more at a time.
 */
export function isSmall({ count, bytes, requestedBytes }: BillLine): boolean {
  const asked = Math.max(bytes, requestedBytes);
  return bytes > 0 && asked / count < BUFFER_BYTES / 2 && bytes >= asked / 2;
}

/** Calls through a buffer: once for each opening at least, and never more than there are. */
export function bufferedCalls(program: Program, line: BillLine): number {
  const openings = Math.max(1, callsBeside(program, line, ["close"]));
  return Math.min(line.count, Math.ceil(line.bytes / BUFFER_BYTES) + openings);
}

/** What `count` pieces from a buffer instead of the kernel cost the user's code, ns: mostly less. */
function inUserCode({ bill }: Evidence, { processes }: Program, count: number): Interval {
  const isInterpreted = processes.some(({ exe }) => INTERPRETERS.test(exe ?? ""));
  const piece = isInterpreted ? INTERPRETED : PIECE;
  const { low, likely, high } = scaleInterval(piece, count * bill.prices.nullSyscallNs.likely);
  const userNs = sum(processes, ({ time }) => time.userNs);
  return { low: Math.max(low, -userNs), likely: Math.max(likely, -userNs), high };
}

/**
 * What bytes written to a file cost beyond copying them from one cache to another: they come from
 * memory, and new pages are taken for them unless the file had them.
 */
export function newPages(evidence: Evidence, bytes: number): Interval {
  const fault = evidence.bill.prices.anonymousFaultNs.likely;
  const far = evidence.copying(bytes, Number.POSITIVE_INFINITY);
  return addIntervals(far, scaleInterval(PAGE, (fault * bytes) / PAGE_BYTES));
}

/** What is said of lines whose pieces a buffer gathers, when that costs `after`. */
export function gathered(
  evidence: Evidence,
  program: Program,
  lines: readonly BillLine[],
  after: (calls: number, now: Interval) => Interval,
): Candidate[] {
  const count = countOf(lines);
  if (count === 0) return [];
  const bytes = bytesOf(lines);
  const callsAfter = sum(lines, (line) => bufferedCalls(program, line));
  const now = evidence.cpuCost(lines);
  const user = inUserCode(evidence, program, count - callsAfter);
  return [
    {
      ...placeOf(program, lines),
      saving: less(now, addIntervals(after(callsAfter, now), user)),
      boundNs: now.high + Math.max(0, -user.low),
      evidence: { calls: count, bytes, averageBytes: Math.round(bytes / count), callsAfter },
    },
  ];
}

/** What is said of small reads: the bytes stay as dear as they are, the calls become few. */
export function gatheredReads(
  evidence: Evidence,
  program: Program,
  lines: readonly BillLine[],
): Candidate[] {
  const bytes = bytesOf(lines);
  const fixed = evidence.bill.prices.oneByteReadNs;
  return gathered(evidence, program, lines, (calls, now) => {
    const near = evidence.copying(bytes, BUFFER_BYTES);
    const far = evidence.copying(bytes, Number.POSITIVE_INFINITY);
    const rest = now.likely - fixed.likely * countOf(lines);
    const likely = Math.min(Math.max(rest, near.likely), Math.max(near.likely, far.likely));
    const copying = { low: Math.min(near.low, likely), likely, high: Math.max(near.high, likely) };
    return addIntervals(scaleInterval(fixed, calls), copying);
  });
}
