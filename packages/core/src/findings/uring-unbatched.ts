/** uring-unbatched: io_uring is entered about once for each operation, so it spares no crossings. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import type { Interval } from "../prices.ts";
import { addIntervals, zeroInterval } from "../statistics.ts";
import { countOf, type Evidence, less, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";

/** Operations that one entry hands over after the change. */
const BATCH = 32;
/** Fewer for each entry is no batch. */
const LONE = 2;
/** What an entry costs beside its operations, in null system calls, where it was not measured. */
const ENTER = 2;
/** Likewise an operation that does nothing. */
const ENTRY = 0.4;

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => candidate(evidence, program));
}

function candidate(evidence: Evidence, program: Program): Candidate[] {
  const lines = program.lines.filter(({ syscall }) => syscall === "io_uring_enter");
  const enters = countOf(lines);
  const { operations, bytes } = handedOver(evidence, lines);
  if (operations === 0 || operations / enters >= LONE || enters > 2 * operations) return [];
  const now = evidence.cpuCost(lines);
  const spared = Math.max(0, enters - Math.ceil(operations / BATCH));
  return [
    {
      ...placeOf(program, lines),
      saving: between(
        Math.min(now.likely, spared * unit(evidence, "uring-enter", ENTER)),
        less(now, work(evidence, operations, bytes)).likely * (spared / enters),
      ),
      boundNs: now.high,
      evidence: { enters, operations, batchAssumed: BATCH },
    },
  ];
}

function handedOver({ bill }: Evidence, lines: readonly BillLine[]) {
  const own = new Set(lines.map(({ process }) => process.id));
  const parts = bill.uring
    .flatMap(({ processes }) => processes)
    .filter(({ process }) => process !== null && own.has(process.id));
  return {
    operations: sum(parts, ({ count }) => count),
    bytes: sum(parts, ({ bytes }) => bytes),
  };
}

/** The operations alone: each an entry of the ring, and what the same read would do in the kernel. */
function work(evidence: Evidence, operations: number, bytes: number): Interval {
  const crossings = evidence.calls(operations);
  const entries = operations * unit(evidence, "uring-entry", ENTRY);
  const reads = bytes > 0 ? less(evidence.reads(operations, bytes), crossings) : zeroInterval;
  return addIntervals(reads, { low: entries, likely: entries, high: entries });
}

/** A measured price, or so many null system calls, ns. */
function unit(evidence: Evidence, code: string, nullCalls: number): number {
  return evidence.price(code)?.likely ?? nullCalls * evidence.bill.prices.nullSyscallNs.likely;
}

/**
 * An entry alone was measured with operations that do nothing; real ones also save looking up the
 * file, and waking and waiting for each. All of that is what the entries cost beyond the work.
 */
function between(entriesAlone: number, allButWork: number): Interval {
  const [low, high] = [Math.min(entriesAlone, allButWork), Math.max(entriesAlone, allButWork)];
  return { low, likely: (low + high) / 2, high };
}

export const uringUnbatched: FindingRule = {
  code: "uring-unbatched",
  title: "io_uring entered once for each operation",
  needs: "Fewer than two operations of io_uring for each io_uring_enter.",
  gate: "Not where several operations are handed over at a time, nor where most entries only wait.",
  priced:
    "For all entries but one for 32 operations: between the price of an entry alone, and what an entry " +
    "costs now beyond its operation.",
  fix: {
    c:
      "fill in several entries, then one io_uring_submit_and_wait(&ring, n);\n" +
      "or IORING_SETUP_SQPOLL when a CPU can be spared",
    node: "nothing to set: libuv hands operations over by itself; start several at once (Promise.all)",
    python: "a binding that batches (liburing): several prep_* calls before one submit()",
    go: "several queued entries before one Submit() of the ring's library",
  },
  beware: "The first operation of a batch waits until the last one is filled in.",
  trial: null,
  look,
};
