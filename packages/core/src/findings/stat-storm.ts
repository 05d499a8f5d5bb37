/** stat-storm: the same few paths are asked for again and again, and the answers hardly change. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import { addIntervals, zeroInterval } from "../statistics.ts";
import { type Evidence, less, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";
import { lookUps, missesOf, repeated, STATS } from "./path-calls.ts";

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => candidate(evidence, program));
}

function candidate(evidence: Evidence, program: Program): Candidate[] {
  const lines = program.lines.filter((line) => STATS.has(line.syscall) && foundBy(line) > 0);
  const asked = sum(lines, foundBy);
  if (asked === 0) return [];
  const now = addIntervals(
    zeroInterval,
    ...lines.map((line) => repeated(line, foundBy(line), evidence.cpuCost([line]))),
  );
  const known = lines.every(({ distinctPaths }) => distinctPaths !== undefined);
  return [
    {
      ...placeOf(program, lines),
      saving: less(now, lookUps(evidence.bill.prices.nullSyscallNs, asked)),
      boundNs: evidence.cpuCost(lines).high,
      evidence: {
        calls: asked,
        ...(known ? { differentPaths: sum(lines, (line) => line.distinctPaths ?? 0) } : {}),
      },
    },
  ];
}

function foundBy(line: BillLine): number {
  return Math.max(0, line.count - missesOf(line));
}

export const statStorm: FindingRule = {
  code: "stat-storm",
  title: "the same paths asked for again and again",
  needs: "Many stat, access or readlink calls that succeed, on far fewer different paths.",
  gate: "Not where each call names another path; calls that find nothing are missing-path-storm's.",
  priced:
    "What the repeated calls cost now, less a look into a table each. Without a count of different " +
    "paths anything from a tenth to all of them may repeat.",
  fix: {
    c:
      "keep the struct stat for a second, or watch the folder with inotify(7);\n" +
      "of a folder's entries take d_type from readdir(3)",
    node:
      "keep what statSync said, and fs.watch the folder to forget it;\n" +
      "readdirSync(path, { withFileTypes: true }) needs no stat",
    python:
      "functools.lru_cache around os.stat, cleared now and then;\n" +
      "os.scandir: entry.is_dir() needs no stat",
    go: "a map[string]fs.FileInfo kept for a second;\nos.ReadDir: entry.IsDir() needs no stat",
  },
  beware: "A change of the file is seen only when the kept answer ends: state its lifetime.",
  trial: "live",
  look,
};
