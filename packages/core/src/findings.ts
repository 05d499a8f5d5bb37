/** Findings: what the rules say of a bill, gated, best first. Pure. */
import type { UnadvisedBill } from "./bill/shape.ts";
import { bigLocalMessages } from "./findings/big-local-messages.ts";
import { boundaryTax } from "./findings/boundary-tax.ts";
import { busyPolling } from "./findings/busy-polling.ts";
import { callSites } from "./findings/call-sites.ts";
import { chattyMessages } from "./findings/chatty-messages.ts";
import { clockCalls } from "./findings/clock-calls.ts";
import { contiguousPreads } from "./findings/contiguous-preads.ts";
import { copyLoop } from "./findings/copy-loop.ts";
import { Evidence } from "./findings/evidence.ts";
import { faultStorm } from "./findings/fault-storm.ts";
import type {
  Candidate,
  Finding,
  FindingRule,
  Fix,
  LeaveRule,
  Saving,
  SetAside,
} from "./findings/finding.ts";
import { mappingFaultStorm } from "./findings/mapping-fault-storm.ts";
import { missingPathStorm } from "./findings/missing-path-storm.ts";
import { nodeReadFile } from "./findings/node-read-file.ts";
import { openCloseChurn } from "./findings/open-close-churn.ts";
import { processStorm } from "./findings/process-storm.ts";
import { readinessLoop } from "./findings/readiness-loop.ts";
import { repeatedReads } from "./findings/repeated-reads.ts";
import { scatteredReads } from "./findings/scattered-reads.ts";
import { seekThenRead } from "./findings/seek-then-read.ts";
import { smallReads } from "./findings/small-reads.ts";
import { smallWrites } from "./findings/small-writes.ts";
import { statStorm } from "./findings/stat-storm.ts";
import { syncOnMain } from "./findings/sync-on-main.ts";
import { syncPerRecord } from "./findings/sync-per-record.ts";
import { threadPingPong } from "./findings/thread-ping-pong.ts";
import { threadPoolHops } from "./findings/thread-pool-hops.ts";
import { uringUnbatched } from "./findings/uring-unbatched.ts";
import { userBound } from "./findings/user-bound.ts";
import { waitingBound } from "./findings/waiting-bound.ts";

/** Below this share of the elapsed time the advice is "leave it". */
export const LEAST_SHARE = 0.03;
/**
 * What one run cannot tell from chance, ns: a sample stands for 2 ms, and whoever has got a CPU keeps
 * it for up to 2.8 ms (the kernel's base slice: 0.7 ms, times 1 + log2 of the CPUs up to 8).
 */
export const CHANCE_NS = 3_000_000;
/** A program that is busy for less than this share beside others may not be what the run waits for. */
const CRITICAL_SHARE = 0.5;
/** From here on the run counts as parallel. */
const PARALLEL = 1.3;

/** Every rule, in the order of the documentation. */
export const findingRules: readonly FindingRule[] = [
  bigLocalMessages,
  boundaryTax,
  busyPolling,
  chattyMessages,
  clockCalls,
  contiguousPreads,
  copyLoop,
  faultStorm,
  mappingFaultStorm,
  missingPathStorm,
  nodeReadFile,
  openCloseChurn,
  processStorm,
  readinessLoop,
  repeatedReads,
  scatteredReads,
  seekThenRead,
  smallReads,
  smallWrites,
  statStorm,
  syncOnMain,
  syncPerRecord,
  threadPingPong,
  threadPoolHops,
  uringUnbatched,
];
/** The rules that advise to leave it. */
export const leaveRules: readonly LeaveRule[] = [waitingBound, userBound];

export interface Advice {
  /** Worth doing, best first; what advises to leave it comes first when waiting dominates. */
  readonly findings: Finding[];
  /** Looked at and not worth showing, best first. */
  readonly setAside: SetAside[];
}

/**
 * What would save time: each candidate of each rule, its saving as elapsed time, and set aside when
 * that is under 3 % of the elapsed time or under its own error.
 */
export function advise(bill: UnadvisedBill): Advice {
  // Its times are those of a program under another tool: they say nothing of what a change would save.
  if (bill.imported !== undefined) return { findings: [], setAside: [] };
  const evidence = new Evidence(bill);
  const found = findingRules
    .flatMap((rule) => rule.look(evidence).map((candidate) => ({ rule, candidate })))
    .map(({ rule, candidate }) => ({
      rule,
      candidate,
      finding: findingOf(evidence, rule, candidate),
    }))
    // What would save nothing was no waste to begin with.
    .filter(({ finding }) => finding.saving.likelyNs > 0)
    .toSorted((a, b) => b.finding.saving.likelyNs - a.finding.saving.likelyNs);
  const shown = found.filter(({ finding }) => whyNot(evidence, finding) === null);
  const setAside = found.flatMap(({ finding }): SetAside[] => {
    const why = whyNot(evidence, finding);
    const { code, title, saving, boundShare, program, subject } = finding;
    return why === null ? [] : [{ code, title, saving, boundShare, program, subject, why }];
  });
  const candidates = shown.map(({ candidate }) => candidate);
  const leave = leaveRules.flatMap((rule) =>
    rule.look(evidence, candidates).map((candidate) => findingOf(evidence, rule, candidate)),
  );
  return { findings: [...leave, ...shown.map(({ finding }) => finding)], setAside };
}

function whyNot({ parallelism, elapsedNs }: Evidence, { saving }: Finding): SetAside["why"] | null {
  if (saving.likelyShare < LEAST_SHARE) return "small";
  // What is worth it at its low end owes that to counts and prices, not to chance.
  const isSure = saving.lowNs >= LEAST_SHARE * elapsedNs;
  const chanceNs = isSure ? 0 : CHANCE_NS / Math.min(1, parallelism);
  const errorNs = Math.max((saving.highNs - saving.lowNs) / 2, chanceNs);
  return saving.likelyNs < errorNs ? "uncertain" : null;
}

function findingOf(
  evidence: Evidence,
  rule: Omit<FindingRule, "look">,
  candidate: Candidate,
): Finding {
  const bound = candidate.boundNs / evidence.parallelism / evidence.elapsedNs;
  return {
    code: rule.code,
    title: candidate.title ?? rule.title,
    saving: elapsedSaving(evidence, candidate),
    boundShare: Math.min(1, Math.max(0, bound)),
    evidence: { ...candidate.evidence },
    fix: fixText(rule.fix),
    beware: rule.beware,
    trial: rule.trial,
    program: candidate.program,
    processes: [...candidate.processes],
    syscalls: [...candidate.syscalls],
    subject: candidate.subject,
    sites: callSites(evidence.bill, candidate.processes, candidate.syscalls),
  };
}

/**
 * Thread time saved as elapsed time. What ran beside other threads shortens the run by as much less
 * as ran beside it; and perhaps not at all when another program kept the run busy longer. A saving
 * is never more than the bound (Amdahl 1967).
 */
function elapsedSaving(evidence: Evidence, candidate: Candidate): Saving {
  const { parallelism, elapsedNs } = evidence;
  const { saving, waitSaving, boundNs } = candidate;
  const alone = Math.min(1, parallelism);
  const most = Math.min(elapsedNs, Math.max(boundNs / alone, 0));
  const elapsed = (part: "low" | "likely" | "high", beside: number) =>
    Math.min(most, saving[part] / beside + (waitSaving?.[part] ?? 0));
  const lowNs = isCritical(evidence, candidate)
    ? elapsed("low", parallelism)
    : Math.min(0, elapsed("low", parallelism));
  const likelyNs = elapsed("likely", parallelism);
  const highNs = elapsed("high", alone);
  return { lowNs, likelyNs, highNs, likelyShare: likelyNs / elapsedNs };
}

function isCritical({ parallelism, elapsedNs, bill }: Evidence, { processes }: Candidate): boolean {
  if (parallelism < PARALLEL || processes.length === 0) return true;
  const own = new Set(processes);
  const busy = bill.processes
    .filter(({ id }) => own.has(id))
    .reduce((all, { time }) => all + time.userNs + time.boundaryNs + time.kernelNs, 0);
  return busy >= CRITICAL_SHARE * elapsedNs;
}

function fixText({ c, node, python, go }: Fix): string {
  return `C: ${c}\nNode: ${node}\nPython: ${python}\nGo: ${go}`;
}
