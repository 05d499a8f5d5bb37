/** small-reads: a stream read in pieces so small that most of the price is the crossing. */
import { copyLines } from "./copies.ts";
import type { Evidence, Program } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";
import { gatheredReads, isSmall } from "./pieces.ts";
import { isStream, MOSTLY, seeksBefore } from "./streams.ts";

const READS = new Set(["read", "readv"]);

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) =>
    gatheredReads(evidence, program, smallReadsOf(program)),
  );
}

function smallReadsOf(program: Program) {
  const copied = copyLines(program);
  return program.lines.filter(
    (line) =>
      READS.has(line.syscall) &&
      isStream(line) &&
      isSmall(line) &&
      !copied.has(line) &&
      seeksBefore(program, line) < line.count * MOSTLY,
  );
}

export const smallReads: FindingRule = {
  code: "small-reads",
  title: "small sequential reads",
  needs: "Many read calls on a file or stream, one after the other, that ask for few bytes each.",
  gate: "Not where the program seeks before it reads, where it copies, nor on sockets and terminals.",
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
