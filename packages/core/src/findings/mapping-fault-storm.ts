/** mapping-fault-storm: a file mapped, faulted in and unmapped, again and again. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import type { Interval } from "../prices.ts";
import { addIntervals, scaleInterval } from "../statistics.ts";
import { countOf, type Evidence, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";

const PAGE_BYTES = 4096;
/** Libraries are mapped in several parts, once each. */
const LIBRARY = /\.so(\.|$)/;
/** A fault that maps its neighbours too (fault-around) costs more than the calibrated one. */
const PRICED: Interval = { low: 0.5, likely: 1.5, high: 5 };
/** Sampled and timed faults are what they are. */
const SEEN: Interval = { low: 0.7, likely: 1, high: 1.4 };

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => candidate(evidence, program));
}

function candidate(evidence: Evidence, program: Program): Candidate[] {
  const mappings = program.lines.filter(isMappedAgain);
  const faults = Math.min(fileFaults(program), sum(mappings, pagesMapped));
  if (mappings.length === 0 || faults === 0) return [];
  const again = sum(mappings, ({ count }) => count - 1) / countOf(mappings);
  const unmapping = program.lines.filter(
    ({ syscall, target }) => syscall === "munmap" && target.kind === "none",
  );
  const share = Math.min(1, countOf(mappings) / Math.max(1, countOf(unmapping)));
  const mapping = evidence.cpuCost(mappings);
  const calls = addIntervals(mapping, scaleInterval(evidence.cpuCost(unmapping), share));
  const faulting = faultCost(program, faults);
  return [
    {
      ...placeOf(program, mappings),
      saving: scaleInterval(addIntervals(calls, faulting), again),
      boundNs: calls.high + faulting.high,
      evidence: { mappings: countOf(mappings), files: mappings.length, faults },
    },
  ];
}

function isMappedAgain({ syscall, target, count }: BillLine): boolean {
  const { kind, path } = target;
  return syscall === "mmap" && kind === "file" && count > 1 && !LIBRARY.test(path ?? "");
}

/** Faults that the mappings of a line can have caused at most. */
function pagesMapped({ count, target }: BillLine): number {
  return count * Math.max(1, (target.sizeBytes || Number.POSITIVE_INFINITY) / PAGE_BYTES);
}

function fileFaults({ processes }: Program): number {
  return sum(processes, ({ faultKinds }) => faultKinds?.file ?? 0);
}

function faultCost({ processes }: Program, faults: number): Interval {
  const count = Math.max(
    1,
    sum(processes, (process) => process.faults.minor.count),
  );
  const ns = sum(processes, (process) => process.faults.minor.ns);
  const isPriced = processes.some((process) => process.faults.basis === "priced");
  return scaleInterval(isPriced ? PRICED : SEEN, (ns * faults) / count);
}

export const mappingFaultStorm: FindingRule = {
  code: "mapping-fault-storm",
  title: "a file mapped and faulted in again and again",
  needs: "mmap calls on the same file, libraries left out, and minor faults of file mappings.",
  gate:
    "Not where a file is mapped once, since populating it costs most of what its faults do, nor where " +
    "the kinds of the faults are not known.",
  priced:
    "What the mapping, the faults and the unmapping cost now, less those of one mapping of each file.",
  fix: {
    c:
      "keep the mapping: mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0) once;\n" +
      "small files: read(2) into a buffer that is reused",
    node: "read once into one Buffer (fs.readFileSync) and keep it",
    python:
      "keep the mmap object; m.madvise(mmap.MADV_WILLNEED) once; no mmap.mmap for each look-up",
    go: "keep what syscall.Mmap returned; small files: file.ReadAt into a reused slice",
  },
  beware:
    "A kept mapping keeps the file's blocks after its removal, does not grow with it, and raises SIGBUS " +
    "where it was cut.",
  trial: null,
  look,
};
