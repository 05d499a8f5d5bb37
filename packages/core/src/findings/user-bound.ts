/** user-bound: most of the time is the program's own code; the kernel is not what it pays for. */
import type { Evidence } from "./evidence.ts";
import type { Candidate, LeaveRule } from "./finding.ts";

/** Own code dominates when it takes more than half of the elapsed time. */
const DOMINATES = 0.5;

function look(
  { bill, elapsedNs, parallelism, idleShare }: Evidence,
  found: readonly Candidate[],
): Candidate[] {
  const share = Math.min(1 - idleShare, bill.time.userNs / parallelism / elapsedNs);
  if (share < DOMINATES || found.length > 0) return [];
  return [
    {
      title: `leave the calls alone: ${Math.round(share * 100)} % of the time is the program's own code`,
      ...{ program: null, processes: [], syscalls: [], subject: null },
      saving: { low: 0, likely: 0, high: 0 },
      boundNs: 0,
      evidence: { userShare: share, userNs: bill.time.userNs },
    },
  ];
}

export const userBound: LeaveRule = {
  code: "user-bound",
  title: "leave the calls alone: the time is the program's own code",
  needs: "More than half of the elapsed time in user code.",
  gate: "Not when another finding is worth showing.",
  priced: "Saves nothing: it says that no change of the calls would.",
  fix: {
    c: "leave it: profile the code itself (perf record)",
    node: "leave it: profile the code itself (node --cpu-prof)",
    python: "leave it: profile the code itself (python3 -m cProfile)",
    go: "leave it: profile the code itself (go tool pprof)",
  },
  beware: "Page faults and cache misses caused by the kernel are partly user time too.",
  trial: null,
  look,
};
