/** open-close-churn: a process opens and closes the same file again and again. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import { addIntervals, scaleInterval, zeroInterval } from "../statistics.ts";
import { type Evidence, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";
import { OPENS } from "./path-calls.ts";

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => candidate(evidence, program));
}

function candidate(evidence: Evidence, program: Program): Candidate[] {
  const lines = program.lines.filter(
    (line) =>
      (OPENS.has(line.syscall) || line.syscall === "close") &&
      (line.target.kind === "file" || line.target.kind === "directory") &&
      line.target.path !== null &&
      spared(program, line) > 0,
  );
  const opens = lines.filter(({ syscall }) => syscall !== "close");
  if (opens.length === 0) return [];
  const saving = lines.map((line) =>
    scaleInterval(evidence.cpuCost([line]), spared(program, line) / line.count),
  );
  return [
    {
      ...placeOf(program, lines),
      saving: addIntervals(zeroInterval, ...saving),
      boundNs: evidence.cpuCost(lines).high,
      evidence: {
        opens: sum(opens, ({ count }) => count),
        openedAgain: sum(opens, (line) => spared(program, line)),
        files: new Set(opens.map(({ target }) => target.path)).size,
      },
    },
  ];
}

/** All but one for each process; entries that several processes share needed one each. */
function spared({ processes }: Program, line: BillLine): number {
  const instances = processes.find(({ id }) => id === line.process.id)?.instances ?? 1;
  return Math.max(0, line.count - instances);
}

export const openCloseChurn: FindingRule = {
  code: "open-close-churn",
  title: "the same file opened and closed again and again",
  needs: "Opening and closing calls of one process that refer to the same path many times.",
  gate: "Not where each process opens a file once, nor for files whose name is not known.",
  priced: "What all openings and closings but the first of each process and file cost now.",
  fix: {
    c:
      "open it once and keep the descriptor; pread(2) needs no position,\n" +
      "fstat(2) shows changes, openat(2) from a kept folder shortens the rest",
    node:
      "keep the FileHandle: const file = await fs.promises.open(path),\n" +
      "then file.read(buffer, 0, length, position)",
    python: "f = open(path, 'rb', 0) once, then os.pread(f.fileno(), length, offset)",
    go: "f, err := os.Open(path) once, then f.ReadAt(buffer, offset)",
  },
  beware:
    "A file that is replaced (renamed over) is not seen through an old descriptor: compare st_ino now " +
    "and then. Descriptors that are kept count against the limit.",
  trial: null,
  look,
};
