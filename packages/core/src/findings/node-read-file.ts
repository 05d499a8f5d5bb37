/** node-read-file: Node holds a big file in memory as a whole, in pages that are new to it. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import type { Interval } from "../prices.ts";
import { addIntervals, scaleInterval } from "../statistics.ts";
import { bytesOf, countOf, type Evidence, less, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";
import { isStream } from "./streams.ts";

const READS = new Set(["read", "pread64"]);
const PAGE_BYTES = 4096;
/** readFile asks for 512 KiB at a time (kReadFileBufferLength), readFileSync for all at once. */
const BIG_BYTES = 262_144;
/** What a synchronous loop reads at a time: the least dear per byte. */
const PIECE_BYTES = 131_072;
/** In context switches: waking a thread of the pool, and the main thread after it. */
const HOP: Interval = { low: 1, likely: 8, high: 30 };

/** In anonymous faults: giving a page back, which is paid for outside the reads. */
const FREEING: Interval = { low: 0.1, likely: 0.2, high: 0.35 };

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.filter(isNode).flatMap((program) => {
    const lines = program.lines.filter(isBigRead);
    const pages = bytesOf(lines) / PAGE_BYTES;
    const isNew = pages > 0 && newPagesOf(program) >= pages / 2;
    return isNew ? [candidate(evidence, program, lines)] : [];
  });
}

function isNode({ processes }: Program): boolean {
  return processes.some(({ exe }) => /\/node(js)?$/.test(exe ?? ""));
}

function isBigRead(line: BillLine): boolean {
  const { syscall, target, bytes, count } = line;
  return (
    READS.has(syscall) &&
    target.kind === "file" &&
    isStream(line) &&
    count > 0 &&
    bytes / count >= BIG_BYTES
  );
}

function newPagesOf({ processes }: Program): number {
  return sum(processes, ({ faults }) => faults.minor.count);
}

function candidate(evidence: Evidence, program: Program, lines: readonly BillLine[]): Candidate {
  const bytes = bytesOf(lines);
  const calls = countOf(lines);
  const now = evidence.cpuCost(lines);
  const pieces = evidence.reads(bytes / PIECE_BYTES, 0);
  const near = evidence.copying(bytes, PIECE_BYTES);
  const far = evidence.copying(bytes, Number.POSITIVE_INFINITY);
  const copying = { low: near.low, likely: far.likely, high: Math.max(far.high, 2 * far.likely) };
  const hops = scaleInterval(HOP, calls * evidence.bill.prices.contextSwitchNs.likely);
  const fault = evidence.bill.prices.anonymousFaultNs.likely;
  const freeing = scaleInterval(FREEING, (fault * bytes) / PAGE_BYTES);
  const waitSaving = isThroughPool(program) ? hops : scaleInterval(hops, 0);
  return {
    ...placeOf(program, lines),
    saving: addIntervals(less(now, addIntervals(pieces, copying)), freeing),
    waitSaving,
    boundNs: now.high + freeing.high + waitSaving.high,
    evidence: { calls, bytes, averageBytes: Math.round(bytes / calls) },
  };
}

/** Threads of the pool report to the event loop through an eventfd. */
function isThroughPool({ lines }: Program): boolean {
  return lines.some(({ syscall, target }) => syscall === "write" && target.kind === "eventfd");
}

export const nodeReadFile: FindingRule = {
  code: "node-read-file",
  title: "Node reads a big file as a whole",
  needs:
    "A program called node whose reads of a file move 256 KiB and more, into pages faulted in for it.",
  gate: "Not where the buffer is reused: then there are few faults.",
  priced:
    "What the reads and freeing their pages cost now, page faults included, less reads of 128 KiB into one buffer.",
  fix: {
    c: "read(fd, buffer, 131072) into one buffer, piece by piece",
    node:
      "const b = Buffer.allocUnsafeSlow(131072); while ((n = fs.readSync(fd, b)) > 0) take(b.subarray(0, n));\n" +
      "not on a server's main thread: fs.createReadStream(path, { highWaterMark: 1 << 20 }) there",
    python: "b = bytearray(131072); while n := f.readinto(b): take(memoryview(b)[:n])",
    go: "b := make([]byte, 131072); n, err := file.Read(b) in a loop, not os.ReadFile",
  },
  beware:
    "Words and lines are cut at the end of a piece, and readSync keeps the event loop waiting.",
  trial: null,
  look,
};
