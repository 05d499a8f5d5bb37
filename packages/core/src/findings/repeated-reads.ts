/** repeated-reads: the same file read from end to end again and again. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import type { Interval } from "../prices.ts";
import { addIntervals, scaleInterval } from "../statistics.ts";
import { bytesOf, countOf, type Evidence, less, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";
import { callsBeside, isStream } from "./streams.ts";
import { isWhole, passesOf } from "./whole-reads.ts";

const READS = new Set(["read", "readv", "pread64", "preadv", "preadv2"]);
const WRITES = ["write", "writev", "pwrite64", "pwritev", "ftruncate"];
/** From here on a file was read repeatedly, and not once and a little. */
const PASSES = 2;
/** Of the price of copying, what the user's own pass over kept memory costs more than over a buffer. */
const KEPT: Interval = { low: 0, likely: 0.1, high: 0.5 };

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => {
    const lines = program.lines.filter((line) => isRepeated(program, line));
    return lines.length === 0 ? [] : [candidate(evidence, program, lines)];
  });
}

/** What the program itself writes has changed when it is read again. */
function isRepeated(program: Program, line: BillLine): boolean {
  return (
    READS.has(line.syscall) &&
    (isStream(line) || isWhole(line)) &&
    passesOf(line) >= PASSES &&
    callsBeside(program, line, WRITES) === 0
  );
}

function candidate(evidence: Evidence, program: Program, lines: readonly BillLine[]): Candidate {
  const now = evidence.cpuCost(lines);
  const once = addIntervals(
    ...lines.map((line) => scaleInterval(evidence.cpuCost([line]), 1 / passesOf(line))),
  );
  const kept = addIntervals(
    ...lines.map(({ bytes, target }) =>
      scaleInterval(KEPT, evidence.copying(bytes, target.sizeBytes ?? bytes).likely),
    ),
  );
  const bytes = bytesOf(lines);
  const fileBytes = sum(lines, ({ target }) => target.sizeBytes ?? 0);
  return {
    ...placeOf(program, lines),
    saving: less(now, addIntervals(once, kept)),
    boundNs: now.high,
    evidence: { calls: countOf(lines), bytes, fileBytes, passes: Math.round(bytes / fileBytes) },
  };
}

export const repeatedReads: FindingRule = {
  code: "repeated-reads",
  title: "the same file read again and again",
  needs: "A regular file of known size of which the reads moved at least twice as many bytes.",
  gate: "Not where the program writes the file, nor where the size is not known.",
  priced: "What the reads cost now, less one pass and dearer access to memory that no cache holds.",
  fix: {
    c: "p = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0) once, or keep what was read in memory",
    node: "const data = fs.readFileSync(path) once; read it again when fs.watch says it changed",
    python: 'data = open(path, "rb").read() once, or mmap.mmap(fd, 0, prot=mmap.PROT_READ)',
    go: "data, err := os.ReadFile(path) once; keep it, and what was parsed from it",
  },
  beware:
    "Changes by others are no longer seen (by a copy), or seen in the midst of use (by a mapping): look " +
    "at the file's time of change where that matters.",
  trial: "replay",
  look,
};
