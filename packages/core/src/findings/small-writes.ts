/** small-writes: a stream written in pieces so small that most of the price is the crossing. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import type { Interval } from "../prices.ts";
import { addIntervals, scaleInterval } from "../statistics.ts";
import { copyLines } from "./copies.ts";
import { countOf, type Evidence, type Program } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";
import { BUFFER_BYTES, gathered, isSmall, newPages } from "./pieces.ts";
import { callsBeside, isStream, MOSTLY, seeksBefore } from "./streams.ts";

const WRITES = new Set(["write", "writev"]);
const READS = new Set(["read", "readv"]);
const SYNCS = ["fsync", "fdatasync"];
/** Of what a write to a device or terminal costs, what goes with its bytes and would remain. */
const BYTES: Interval = { low: 0, likely: 0.2, high: 0.5 };

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => {
    const lines = smallWritesOf(program);
    return gathered(evidence, program, lines, (calls, now) =>
      largeWrites(evidence, lines, calls, now),
    );
  });
}

function smallWritesOf(program: Program): BillLine[] {
  const copied = copyLines(program);
  return program.lines.filter(
    (line) =>
      WRITES.has(line.syscall) &&
      (isStream(line) || line.target.kind === "terminal") &&
      isSmall(line) &&
      !copied.has(line) &&
      seeksBefore(program, line) < line.count * MOSTLY &&
      callsBeside(program, line, SYNCS) < line.count * MOSTLY &&
      !isAnswered(program, line),
  );
}

/** Whether the program waits for an answer to most of what it writes: then nothing can be kept back. */
function isAnswered({ lines }: Program, { process, target, count }: BillLine): boolean {
  if (target.kind === "file") return false;
  const answers = lines.filter(
    (line) =>
      line.process.id === process.id &&
      READS.has(line.syscall) &&
      line.target.kind === target.kind &&
      line.waitNs > 0,
  );
  return countOf(answers) >= count * MOSTLY;
}

/** The same bytes in `calls` large writes, ns. */
function largeWrites(
  evidence: Evidence,
  lines: readonly BillLine[],
  calls: number,
  now: Interval,
): Interval {
  const inFiles = sum(lines, ({ target, bytes }) => (target.kind === "file" ? bytes : 0));
  const inPipes = sum(lines, ({ target, bytes }) => (/pipe|fifo/.test(target.kind) ? bytes : 0));
  const bytes = sum(lines, (line) => line.bytes);
  const elsewhere = Math.max(0, bytes - inFiles - inPipes) / Math.max(1, bytes);
  const fixed = evidence.price("write-byte") ?? evidence.bill.prices.oneByteReadNs;
  const piece = evidence.price("write-64KiB") ?? evidence.copying(BUFFER_BYTES, BUFFER_BYTES);
  // A message goes in and out: writing it is about half.
  const message = evidence.price("pipe-64KiB") ?? scaleInterval(piece, 2);
  return addIntervals(
    scaleInterval(fixed, calls),
    scaleInterval(piece, inFiles / BUFFER_BYTES),
    newPages(evidence, inFiles),
    scaleInterval(message, inPipes / BUFFER_BYTES / 2),
    scaleInterval(BYTES, now.likely * elsewhere),
  );
}

export const smallWrites: FindingRule = {
  code: "small-writes",
  title: "small sequential writes",
  needs:
    "Many write calls on a file, pipe, terminal or device, one after the other, of few bytes each.",
  gate:
    "Not where each is made durable, answered or preceded by a seek, where the program copies, " +
    "nor on sockets.",
  priced:
    "What the calls cost now, less writes of 64 KiB that move the same bytes and a function call a piece.",
  fix: {
    c:
      "setvbuf(out, NULL, _IOFBF, 65536) and fprintf/fputs to it, fflush where it must be seen;\n" +
      "or gather in a buffer and write(2) it when full",
    node: 'gather lines in an array, and write(lines.join("")) once for many; not writeSync a line',
    python:
      "without -u and PYTHONUNBUFFERED; print without flush=True;\n" +
      'open(path, "w", buffering=65536)',
    go: "w := bufio.NewWriterSize(file, 65536); defer w.Flush()",
  },
  beware:
    "What is still in the buffer is lost when the process is killed, and is seen later: flush before a " +
    "fork, an abort and at the end, and at once what others wait for.",
  trial: "live",
  look,
};
