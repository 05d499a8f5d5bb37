/** seek-then-read: two crossings, one that moves the position and one that reads or writes there. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import { scaleInterval } from "../statistics.ts";
import { countOf, type Evidence, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";
import { callsBeside } from "./streams.ts";

const ACCESSES = ["read", "readv", "write", "writev"];

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => candidate(evidence, program));
}

function candidate(evidence: Evidence, program: Program): Candidate[] {
  const seeks = program.lines.filter(
    (line) => line.syscall === "lseek" && pairsOf(program, line) > 0,
  );
  const count = countOf(seeks);
  if (count === 0) return [];
  const pairs = sum(seeks, (line) => pairsOf(program, line));
  const now = scaleInterval(evidence.cpuCost(seeks), pairs / count);
  return [
    {
      ...placeOf(program, seeks),
      syscalls: ["lseek", ...accessesOf(program, seeks)],
      saving: now,
      boundNs: now.high,
      evidence: { seeks: count, pairs },
    },
  ];
}

/** Seeks that a read or write on the same file can have been meant for. */
function pairsOf(program: Program, seeks: BillLine): number {
  return Math.min(seeks.count, callsBeside(program, seeks, ACCESSES));
}

function accessesOf(program: Program, seeks: readonly BillLine[]): string[] {
  return ACCESSES.filter((syscall) =>
    seeks.some((line) => callsBeside(program, line, [syscall]) > 0),
  );
}

export const seekThenRead: FindingRule = {
  code: "seek-then-read",
  title: "a seek before each read or write",
  needs: "lseek calls on a file that the same process reads or writes by read or write.",
  gate: "Not more of them than there are reads and writes on the same file.",
  priced: "What those seeks cost now: pread and pwrite cost what read and write do.",
  fix: {
    c: "pread(fd, buffer, n, offset) / pwrite(fd, buffer, n, offset) instead of lseek + read/write",
    node: "fs.readSync(fd, buffer, 0, n, position) with a position, not null",
    python: "os.pread(fd, n, offset) / os.pwrite(fd, data, offset)",
    go: "file.ReadAt(buffer, offset) / file.WriteAt(buffer, offset)",
  },
  beware:
    "pread and pwrite leave the position where it was: a later plain read continues from there. On a " +
    "file opened with O_APPEND Linux appends even by pwrite.",
  trial: "replay",
  look,
};
