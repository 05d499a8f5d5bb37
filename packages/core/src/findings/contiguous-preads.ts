/** contiguous-preads: a file read in order by calls that each say where, one small piece at a time. */
import type { Evidence } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";
import { gatheredReads, isSmall } from "./pieces.ts";
import { isStream } from "./streams.ts";

const READS = new Set(["pread64", "preadv", "preadv2"]);

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => {
    const lines = program.lines.filter(
      (line) => READS.has(line.syscall) && isStream(line) && isSmall(line),
    );
    return gatheredReads(evidence, program, lines);
  });
}

export const contiguousPreads: FindingRule = {
  code: "contiguous-preads",
  title: "small reads one behind the other",
  needs:
    "Many pread calls of few bytes each on a file, of which most begin where the one before ended.",
  gate: "Not where the places are scattered.",
  priced:
    "What the calls cost now, less preads of 64 KiB that move the same bytes and a function call a piece.",
  fix: {
    c:
      "pread(fd, buffer, 65536, offset) and take the records from the buffer,\n" +
      "or map the file and follow a pointer",
    node: "fs.readSync(fd, buffer, 0, 65536, position), then buffer.subarray(from, to) a record",
    python: "data = os.pread(fd, 65536, offset), then slices of memoryview(data)",
    go: "r := bufio.NewReaderSize(io.NewSectionReader(file, 0, size), 65536)",
  },
  beware:
    "Records that another process changes meanwhile are seen as they were when the buffer was filled.",
  trial: "replay",
  look,
};
