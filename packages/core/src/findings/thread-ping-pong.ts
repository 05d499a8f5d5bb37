/** thread-ping-pong: threads hand over one small thing at a time, and sleep and wake for each. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import { countOf, type Evidence, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";
import { grouped, sleepsOf, wakingTime } from "./handover.ts";
import { hopsOf } from "./thread-pool.ts";

const FUTEXES = new Set(["futex", "futex_wait", "futex_wake", "futex_waitv"]);
/** Things handed over at a time after the change. */
const BATCH = { low: 4, likely: 32, high: 256 };

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => candidate(evidence, program));
}

function candidate(evidence: Evidence, program: Program): Candidate[] {
  const lines = program.lines.filter(
    (line) => FUTEXES.has(line.syscall) && line.count > 0 && isThreaded(program, line),
  );
  const calls = countOf(lines);
  if (calls === 0 || hopsOf(program) > 0) return [];
  const sleeps = Math.min(calls, sleepsOf(program, lines));
  const now = evidence.cpuCost(lines);
  const waking = wakingTime(evidence, lines, sleeps);
  return [
    {
      ...placeOf(program, lines),
      saving: grouped(now, BATCH),
      waitSaving: grouped(waking, BATCH),
      boundNs: now.high + waking.high,
      evidence: {
        calls,
        sleeps,
        waitNs: sum(lines, ({ waitNs }) => waitNs),
        batchAssumed: BATCH.likely,
      },
    },
  ];
}

function isThreaded({ processes }: Program, line: BillLine): boolean {
  return processes.some(
    ({ id, threads, instances }) => id === line.process.id && threads > instances,
  );
}

export const threadPingPong: FindingRule = {
  code: "thread-ping-pong",
  title: "threads that wake one another for each small step",
  needs: "Many futex calls of a process with several threads.",
  gate: "Not for the thread pool of Node, which is thread-pool-hops'.",
  priced:
    "What the futex calls cost now, switches to other threads included, and the time until woken " +
    "threads run, for all but one of 32 handovers.",
  fix: {
    c:
      "hand over a batch: fill an array under the lock, signal once it is full or old;\n" +
      "spin some 100 turns before waiting; or do the small step in the thread that has it",
    node:
      "post one message of many items to the worker, or share a ring in a\n" +
      "SharedArrayBuffer and Atomics.notify once a batch",
    python: "queue.put(list_of_items) instead of one item each; one thread is often faster",
    go: "chan []T with a slice of items, or a buffered channel: make(chan T, 1024)",
  },
  beware: "Batches make the first item wait for the last; spinning takes a CPU from others.",
  trial: null,
  look,
};
