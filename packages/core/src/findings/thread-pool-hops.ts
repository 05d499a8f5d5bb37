/** thread-pool-hops: Node hands small file calls to its thread pool, which costs more than they do. */
import { sum } from "../bill/sum.ts";
import { addIntervals } from "../statistics.ts";
import { type Evidence, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";
import { sleepsOf, wakingTime } from "./handover.ts";
import { hopLines, hopsOf } from "./thread-pool.ts";

/**
 * Own code of one hop beside its calls (request, promise, continuation), in null system calls: 4 to
 * 6 us where one took 164 ns (Node 20); never more than this share of all own code.
 */
const OWN_CODE = { low: 0, likely: 25, high: 50 };
const OF_ALL = { low: 0, likely: 0.6, high: 0.9 };

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => candidate(evidence, program));
}

function candidate(evidence: Evidence, program: Program): Candidate[] {
  const hops = hopsOf(program);
  const lines = hopLines(program);
  const calls = evidence.cpuCost(lines);
  const diskNs = sum(program.lines, ({ waits }) => waits.disk ?? 0);
  if (hops === 0 || diskNs > calls.likely) return [];
  const own = ownCode(evidence, program, hops);
  const waking = wakingTime(evidence, lines, sleepsOf(program, lines));
  return [
    {
      ...placeOf(program, lines),
      saving: addIntervals(calls, own),
      waitSaving: waking,
      boundNs: calls.high + own.high + waking.high,
      evidence: { hops, callsForHops: sum(lines, ({ count }) => count), diskNs },
    },
  ];
}

function ownCode({ bill }: Evidence, { processes }: Program, hops: number) {
  const nullCall = bill.prices.nullSyscallNs.likely;
  const all = sum(processes, ({ time }) => time.userNs);
  return {
    low: Math.min(OF_ALL.low * all, OWN_CODE.low * nullCall * hops),
    likely: Math.min(OF_ALL.likely * all, OWN_CODE.likely * nullCall * hops),
    high: Math.min(OF_ALL.high * all, OWN_CODE.high * nullCall * hops),
  };
}

export const threadPoolHops: FindingRule = {
  code: "thread-pool-hops",
  title: "small file calls sent to the thread pool and back",
  needs: "Node, and many writes to the event loop's eventfd, one for each piece of pooled work.",
  gate: "Not when the pooled work waits for the disk longer than the hops cost.",
  priced:
    "What futexes, eventfd and epoll cost now, the time until woken threads run, and some 25 crossings' " +
    "worth of own code a hop, at most six tenths of all own code.",
  fix: {
    c: "uv_fs_* with a NULL callback runs the call in place; io_uring for many",
    node:
      "statSync, readFileSync for small files in the page cache, in slices of a few ms;\n" +
      "or fewer, larger operations: readdir({ withFileTypes: true }), one big read",
    python: "call os.stat directly instead of loop.run_in_executor for each",
    go: "nothing to do: small file calls run in place on the goroutine's thread",
  },
  beware:
    "A synchronous call stops the event loop for as long as a slow disk takes: not for cold files.",
  trial: null,
  look,
};
