/** small-reads: a stream read in pieces so small that most of the price is the crossing. */
import { addIntervals, scaleInterval } from "../statistics.ts";
import { bytesOf, countOf, type Evidence, less, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";
import { isStream, seeksBefore } from "./streams.ts";

const READS = new Set(["read", "readv"]);
/** What libraries read ahead by default: large enough to make the fixed price small, small to keep. */
const BUFFER_BYTES = 65_536;
/** A piece from a buffer costs a function call: up to a twentieth of a crossing on all machines known. */
const PIECE = { low: 0, likely: 0.02, high: 0.05 };

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => candidate(evidence, program));
}

function candidate(evidence: Evidence, program: Program): Candidate[] {
  const lines = program.lines.filter(
    (line) =>
      READS.has(line.syscall) &&
      isStream(line) &&
      line.bytes > 0 &&
      line.bytes / line.count < BUFFER_BYTES / 2 &&
      seeksBefore(program, line) < line.count / 2,
  );
  const count = countOf(lines);
  if (count === 0) return [];
  const bytes = bytesOf(lines);
  const buffered = Math.ceil(bytes / BUFFER_BYTES) + lines.length;
  const pieces = scaleInterval(PIECE, count * evidence.bill.prices.nullSyscallNs.likely);
  const after = addIntervals(evidence.reads(buffered, bytes), pieces);
  const now = evidence.cpuCost(lines);
  return [
    {
      ...placeOf(program, lines),
      saving: less(now, after),
      boundNs: now.likely,
      evidence: {
        calls: count,
        bytes,
        averageBytes: Math.round(bytes / count),
        callsAfter: buffered,
      },
    },
  ];
}

export const smallReads: FindingRule = {
  code: "small-reads",
  title: "small sequential reads",
  needs: "Many read calls on a file or stream, one after the other, of few bytes each.",
  gate: "Not where the program seeks before it reads, nor on sockets and terminals.",
  priced:
    "What the calls cost now, less reads of 64 KiB that move the same bytes and a function call a piece.",
  fix: {
    c:
      'FILE *in = fdopen(fd, "r"); fread/getc/getline on it,\n' +
      "or read(fd, buffer, 65536) and take pieces from the buffer",
    node:
      "fs.createReadStream(path, { highWaterMark: 65536 }) or one fs.readFile,\n" +
      "then take the pieces from the buffer",
    python: 'open(path, "rb") without buffering=0, or os.read(fd, 65536)',
    go: "r := bufio.NewReaderSize(file, 65536)",
  },
  beware:
    "What was read ahead is gone from the descriptor: hand the buffer on, or seek back, before another " +
    "reader (a child, a second library) takes it over.",
  trial: "replay",
  look,
};
