/** busy-polling: a program asks again and again whether something happened, and mostly nothing had. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import { addIntervals, scaleInterval, zeroInterval } from "../statistics.ts";
import { countOf, type Evidence, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";

const YIELD = "sched_yield";
const ASKS = new Set("read readv recvfrom recvmsg recvmmsg accept accept4 write sendto".split(" "));
/** Asking a hundred times less often, or sleeping until told, leaves this much. */
const LEFT = { low: 0.1, likely: 0.01, high: 0 };
/**
 * Other work for each call, in costs of the call: with less the program does nothing but ask. Then it
 * waits for others, who get the CPU earlier only where they queue for it.
 */
const NOTHING_ELSE = 0.3;

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => candidate(evidence, program));
}

function candidate(evidence: Evidence, program: Program): Candidate[] {
  const lines = program.lines.filter((line) => line.count > 0 && vainCalls(line) > 0);
  const calls = sum(lines, vainCalls);
  if (calls === 0) return [];
  const parts = lines.map((line) =>
    scaleInterval(evidence.cpuCost([line]), vainCalls(line) / line.count),
  );
  const now = addIntervals(zeroInterval, ...parts);
  const asking = new Set(lines.map(({ process }) => process.id));
  const own = program.processes.filter(({ id }) => asking.has(id));
  const userNs = sum(own, ({ time }) => time.userNs);
  const otherNs = userNs + sum(own, ({ time }) => time.kernelNs + time.boundaryNs) - now.likely;
  const spins = otherNs < NOTHING_ELSE * now.likely;
  const queuedNs = sum(evidence.bill.processes, ({ time }) => time.runQueueNs);
  const share = spins ? Math.min(1, queuedNs / Math.max(1, now.likely)) : 1;
  return [
    {
      ...placeOf(program, lines),
      saving: {
        low: now.low * share * (1 - LEFT.low),
        likely: now.likely * share * (1 - LEFT.likely),
        high: now.high * Math.min(1, share * 2) * (1 - LEFT.high),
      },
      boundNs: now.high,
      evidence: { vainCalls: calls, calls: countOf(lines) },
    },
  ];
}

/** Calls of a line that found nothing: readiness calls that returned 0, EAGAIN, and giving way. */
function vainCalls({ syscall, count, empty, errors }: BillLine): number {
  if (syscall === YIELD) return count;
  if (ASKS.has(syscall)) return errors["EAGAIN"] ?? 0;
  return empty ?? 0;
}

export const busyPolling: FindingRule = {
  code: "busy-polling",
  title: "asking again and again whether something happened",
  needs: "poll, select or epoll_wait that return 0, reads that fail with EAGAIN, or sched_yield.",
  gate:
    "A program that only asks waits for others: then the saving is no more than the time in which " +
    "threads of the run queued for a CPU.",
  priced: "What the vain calls cost now, less a hundredth of them.",
  fix: {
    c:
      "give poll or epoll_wait a timeout (-1) when there is nothing else to do;\n" +
      "in a loop that works, ask each hundredth turn; a condition variable instead of sched_yield",
    node:
      "await an event instead of setImmediate or setInterval(0) in a circle;\n" +
      "Atomics.waitAsync instead of reading a shared value again",
    python: "selector.select(None) instead of select(0); threading.Event.wait() instead of a loop",
    go:
      "receive from a channel instead of select with an empty default;\n" +
      "sync.Cond instead of runtime.Gosched()",
  },
  beware: "A sleeper is told some microseconds later than one that asks all the time.",
  trial: null,
  look,
};
