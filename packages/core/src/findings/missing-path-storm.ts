/** missing-path-storm: a search asks for paths that do not exist, and asks again. */
import { sum } from "../bill/sum.ts";
import { addIntervals, scaleInterval, zeroInterval } from "../statistics.ts";
import { type Evidence, less, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";
import { lookUps, missesOf, OPENS, repeated, STATS } from "./path-calls.ts";

const SEARCHES = new Set([...STATS, ...OPENS, "execve", "execveat"]);

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => candidate(evidence, program));
}

function candidate(evidence: Evidence, program: Program): Candidate[] {
  const lines = program.lines.filter((line) => SEARCHES.has(line.syscall) && missesOf(line) > 0);
  const misses = sum(lines, missesOf);
  if (misses === 0) return [];
  const again = lines.map((line) => repeated(line, missesOf(line), evidence.cpuCost([line])));
  const all = lines.map((line) =>
    scaleInterval(evidence.cpuCost([line]), missesOf(line) / line.count),
  );
  const known = lines.every(({ distinctPaths }) => distinctPaths !== undefined);
  return [
    {
      ...placeOf(program, lines),
      saving: less(
        addIntervals(zeroInterval, ...again),
        lookUps(evidence.bill.prices.nullSyscallNs, misses),
      ),
      boundNs: addIntervals(zeroInterval, ...all).high,
      evidence: {
        misses,
        calls: sum(lines, ({ count }) => count),
        ...(known ? { differentPaths: sum(lines, (line) => line.distinctPaths ?? 0) } : {}),
      },
    },
  ];
}

export const missingPathStorm: FindingRule = {
  code: "missing-path-storm",
  title: "searches for paths that do not exist",
  needs: "Many calls by path that fail with ENOENT or ENOTDIR, on far fewer different paths.",
  gate: "Not where each missing path is asked for once.",
  priced:
    "What the repeated misses cost now, less a look into a table each. Without a count of different " +
    "paths anything from a tenth to all of them may repeat.",
  fix: {
    c:
      "remember what was missing (a hash of paths), and list each folder once with\n" +
      "readdir(3); put the folder that has most first in the search path",
    node:
      "import with the full file name and extension; one readdirSync per folder\n" +
      "into a Set, then set.has(name) instead of existsSync",
    python:
      "shorten sys.path (python3 -I), import once at the top;\n" +
      "os.listdir into a set instead of os.path.exists",
    go: "os.ReadDir once into a map, then look names up there instead of os.Stat",
  },
  beware: "A file that appears later is not found until what was remembered is forgotten.",
  trial: "live",
  look,
};
