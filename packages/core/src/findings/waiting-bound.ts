/** waiting-bound: most of the time nothing of the run was on a CPU; fewer crossings would save nothing. */
import type { BillTime } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import { type WaitReason, waitReasons } from "../wait-reason.ts";
import type { Evidence } from "./evidence.ts";
import type { Candidate, LeaveRule } from "./finding.ts";

/** Waiting dominates when it takes more than half of the elapsed time. */
const DOMINATES = 0.5;

const named: Readonly<Record<WaitReason, string>> = {
  disk: "the disk",
  network: "the network",
  pipe: "the other end of a pipe",
  lock: "a lock",
  timer: "a timer",
  child: "child processes",
  other: "waiting for events",
};

function look(evidence: Evidence, found: readonly Candidate[]): Candidate[] {
  const { idleShare, elapsedNs, bill } = evidence;
  const saved = sum(found, ({ waitSaving }) => Math.max(0, waitSaving?.likely ?? 0)) / elapsedNs;
  if (idleShare < DOMINATES || saved >= idleShare / 2) return [];
  const { waitNs } = bill.time;
  const reason = mainReason(waitNs, idleShare * elapsedNs);
  const percent = Math.round(idleShare * 100);
  return [
    {
      title: `leave the calls alone: ${percent} % of the time is ${named[reason]}`,
      ...{ program: null, processes: [], syscalls: [], subject: null },
      saving: { low: 0, likely: 0, high: 0 },
      boundNs: 0,
      evidence: { idleShare, reason, waitNs: waitNs[reason] },
    },
  ];
}

/**
 * What most of the waiting was for. Idle threads of a pool wait for a lock all the time and each, so
 * anything else that explains most of the idle time comes before locks.
 */
function mainReason(waitNs: BillTime["waitNs"], idleNs: number): WaitReason {
  const longest = waitReasons
    .filter((reason) => reason !== "child" && waitNs[reason] > 0)
    .toSorted((a, b) => waitNs[b] - waitNs[a]);
  const explains = longest.find((reason) => reason !== "lock" && waitNs[reason] >= idleNs / 2);
  return explains ?? longest[0] ?? "other";
}

export const waitingBound: LeaveRule = {
  code: "waiting-bound",
  title: "leave the calls alone: the time is waiting",
  needs: "More than half of the elapsed time in which no thread of the run was on a CPU.",
  gate: "Not when another finding saves much of that waiting.",
  priced: "Saves nothing: it says that no change of the calls would.",
  fix: {
    c: "leave it: make what is waited for faster, or wait for several things at once",
    node: "leave it: start what is waited for earlier, or several at once (Promise.all)",
    python: "leave it: overlap the waits (concurrent.futures, asyncio)",
    go: "leave it: overlap the waits (goroutines)",
  },
  beware: "The rest of the time may still be worth a look when the waiting has been dealt with.",
  trial: null,
  look,
};
