/** fault-storm: memory given back to the kernel and faulted in again. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import type { Interval } from "../prices.ts";
import { countOf, type Evidence, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";

const GIVE_BACK = new Set(["brk", "munmap", "madvise"]);
/** In anonymous faults: giving a page back. */
const FREEING: Interval = { low: 0.08, likely: 0.15, high: 0.25 };
/** Of the pages given back, those that come again: not the last that were taken. */
const AGAIN: Interval = { low: 0.8, likely: 0.95, high: 1 };
/**
 * Bounds that are further apart rest on a few samples in the calls, which also fall into calls that
 * give nothing back.
 */
const SURE = 0.25;
/** In anonymous faults: a call that gives nothing back, as when the heap grows. */
const FLOOR = 1.2;

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => candidate(evidence, program));
}

function candidate(evidence: Evidence, program: Program): Candidate[] {
  const lines = program.lines.filter(
    ({ syscall, target }) => GIVE_BACK.has(syscall) && target.kind === "none",
  );
  const faults = sum(program.processes, ({ faultKinds }) => faultKinds?.anonymous ?? 0);
  const calls = countOf(lines);
  if (calls === 0 || faults === 0) return [];
  const giving = evidence.cpuCost(lines);
  const again = takenAgain(evidence, lines, faults);
  if (again.low < again.likely * SURE) return [];
  const faultNs = sum(program.processes, anonymousFaultNs);
  const of = (part: "low" | "likely" | "high") =>
    (faultNs * again[part]) / faults + giving[part] * Math.min(1, again[part] / faults);
  return [
    {
      ...placeOf(program, lines),
      saving: { low: of("low"), likely: of("likely"), high: of("high") },
      boundNs: faultNs + giving.high,
      evidence: { faults, givingBack: calls, takenAgain: Math.round(again.likely) },
    },
  ];
}

/**
 * How many pages were given back and taken again. The sizes of the calls are not recorded, but what
 * they cost is: freeing a page has its price, and a heap that only grows pays none.
 */
function takenAgain(evidence: Evidence, lines: readonly BillLine[], faults: number): Interval {
  const fault = Math.max(1, evidence.bill.prices.anonymousFaultNs.likely);
  const cost = evidence.cpuCost(lines);
  const floor = countOf(lines) * fault * FLOOR;
  const pages = (costNs: number, freeing: number) =>
    Math.min(faults, Math.max(0, costNs - floor) / fault / freeing);
  return {
    low: AGAIN.low * pages(cost.low, FREEING.high),
    likely: AGAIN.likely * pages(cost.likely, FREEING.likely),
    high: AGAIN.high * pages(cost.high, FREEING.low),
  };
}

function anonymousFaultNs({ faults, faultKinds }: Program["processes"][number]): number {
  if (faultKinds === undefined || faults.minor.count === 0) return 0;
  return (faults.minor.ns * faultKinds.anonymous) / faults.minor.count;
}

export const faultStorm: FindingRule = {
  code: "fault-storm",
  title: "memory given back to the kernel and taken again",
  needs:
    "Anonymous page faults beside brk, munmap or madvise calls that take as long as freeing pages does.",
  gate:
    "Not where memory only grows, or may: too few samples in the calls; nor where the kinds of the faults " +
    "are not known.",
  priced: "What those faults and calls cost now, for the pages that come again.",
  fix: {
    c:
      "mallopt(M_TRIM_THRESHOLD, 512 << 20); mallopt(M_MMAP_THRESHOLD, 32 << 20); at the start,\n" +
      "or GLIBC_TUNABLES=glibc.malloc.trim_threshold=536870912; keep buffers and reuse them",
    node: "reuse one Buffer (Buffer.allocUnsafeSlow once) instead of a new one each time",
    python: "reuse a bytearray and read into it (readinto); MALLOC_TRIM_THRESHOLD_=536870912",
    go: "sync.Pool or one kept slice; GOGC=400, and no debug.FreeOSMemory",
  },
  beware: "The process keeps its largest memory for good: watch its resident size beside others.",
  trial: null,
  look,
};
