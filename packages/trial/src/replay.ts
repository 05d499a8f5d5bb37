/** replay: tries a finding by making its recorded calls the present way and the proposed way. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Bill,
  type BillLine,
  CrossbillError,
  Evidence,
  type Finding,
  type Judgement,
  judge,
  median,
  pairedRatio,
  type ShareInterval,
  savedShares,
  TRIAL_SCHEMA,
  type Trial,
  type TrialEvidence,
} from "@crossbill/core";
import { type PairedRuns, runPairs, timedPairs } from "./paired-runs.ts";
import { planReplay, type ReplayPlan } from "./replay-plan.ts";
import { anyScratch, type Scratch, scratchBeside } from "./scratch-place.ts";
import { costOf } from "./subject.ts";

export interface ReplayOptions {
  readonly bill: Bill;
  readonly finding: Finding;
  readonly machineKey: string;
  readonly signal: AbortSignal;
  /** How much of this trial is done, 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/** What a replay found, beside its trial; times are ns and of all the subject's calls. */
export interface ReplayFigures {
  readonly path: string;
  readonly coveredShare: number;
  readonly order: "recorded" | "shaped";
  readonly calls: number;
  readonly recordedCalls: number;
  /** The pages were dropped from the page cache before each run. */
  readonly isCold: boolean;
  /** Nothing of the user's is read either: the calls only write. */
  readonly isScratch: boolean;
  readonly recordedNs: number;
  readonly unchangedNs: number;
  readonly unchangedCalls: number;
  readonly changedNs: number;
  readonly changedCalls: number;
  readonly changedBy: string;
  readonly pairs: number;
}

export type ReplayOutcome =
  | { readonly kind: "tried"; readonly trial: Trial; readonly figures: ReplayFigures }
  /** Nothing was run: what it is about cannot be replayed, and why. */
  | { readonly kind: "refused"; readonly finding: string; readonly why: string };

/** Never writes to a file of the user's. @throws AbortError by the signal. */
export async function replay(options: ReplayOptions): Promise<ReplayOutcome> {
  const { bill, finding, machineKey } = options;
  const refused = (why: string): ReplayOutcome => ({
    kind: "refused",
    finding: finding.code,
    why,
  });
  if (bill.machine.key !== machineKey) {
    return refused("the bill is of another machine or kernel, whose times mean nothing here");
  }
  const plan = planReplay(bill, finding);
  if (typeof plan === "string") return refused(plan);
  const { writtenPath } = plan.subject;
  const scratch =
    writtenPath === null ? anyScratch() : scratchBeside(writtenPath, 2 * plan.scratchMost);
  if (typeof scratch === "string") return refused(scratch);
  try {
    return outcome(options, plan, await runWays(options, plan, scratch));
  } catch (error) {
    if (!(error instanceof CrossbillError)) throw error;
    return refused(error.message);
  } finally {
    scratch.remove();
  }
}

/** Repeats short patterns until a process works about this long: a clock tick must not matter. */
const LEAST_NS = 20e6;
const MOST_REPEATS = 15;

function runWays(
  { signal, onProgress }: ReplayOptions,
  { way, fix, bytes, recordedNs, pattern }: ReplayPlan,
  { folder }: Scratch,
): Promise<PairedRuns> {
  const plan = join(folder, "plan");
  writeFileSync(plan, bytes, { flag: "wx", mode: 0o600 });
  const expectedNs = Math.max(1, recordedNs * pattern.share);
  const repeats = Math.min(MOST_REPEATS, Math.max(1, Math.ceil(LEAST_NS / expectedNs)));
  return runPairs({
    present: way.present,
    fix,
    parameters: way.kind === "reads" ? { plan } : { plan, scratch: join(folder, "scratch") },
    repeats,
    signal,
    onPair: onProgress,
  });
}

function outcome(options: ReplayOptions, plan: ReplayPlan, runs: PairedRuns): ReplayOutcome {
  const { bill, finding } = options;
  const share = elapsedShare(bill, plan.subject.lines);
  const ratio = pairedRatio(timedPairs(runs));
  if (ratio === null) return { kind: "refused", finding: finding.code, why: "it took no time" };
  const figures = figuresOf(plan, runs, ratio.likely);
  const evidence: TrialEvidence = {
    predicted: predictedShares(finding, plan.subject.coveredShare),
    tried: savedShares(ratio, share),
    errorShare: Math.abs(figures.unchangedNs / plan.recordedNs - 1) * share,
  };
  return {
    kind: "tried",
    trial: trialOf(options, evidence, behaviour(runs, plan.isCold)),
    figures,
  };
}

function trialOf(
  { bill, finding, machineKey }: ReplayOptions,
  evidence: TrialEvidence,
  misbehaviour: Judgement | null,
): Trial {
  return {
    schema: TRIAL_SCHEMA,
    triedAt: new Date().toISOString(),
    machineKey,
    kind: "replay",
    finding: finding.code,
    command: bill.command,
    predicted: evidence.predicted,
    tried: evidence.tried,
    unchangedErrorShare: evidence.errorShare,
    coverage: null,
    ...(misbehaviour ?? judge(evidence)),
  };
}

function figuresOf(
  { subject, pattern, recordedNs, isCold, way, fix }: ReplayPlan,
  { plain, changed }: PairedRuns,
  ratio: number,
): ReplayFigures {
  const unchangedNs = median(plain.map(({ ns }) => ns)) / pattern.share;
  return {
    path: subject.path,
    coveredShare: subject.coveredShare,
    order: pattern.order,
    calls: pattern.accesses.length,
    recordedCalls: pattern.recordedCalls,
    isCold,
    isScratch: way.kind === "writes",
    recordedNs,
    unchangedNs,
    unchangedCalls: plain[0]?.systemCalls ?? 0,
    changedNs: unchangedNs * ratio,
    changedCalls: changed[0]?.systemCalls ?? 0,
    changedBy: fix.what,
    pairs: plain.length,
  };
}

/**
 * Share of the elapsed time that the replayed lines take, as findings count it: CPU time beside other
 * threads shortens the run by less, waiting by all of it, and nothing by more than there is.
 */
function elapsedShare(bill: Bill, lines: readonly BillLine[]): number {
  const { elapsedNs, parallelism } = new Evidence(bill);
  const waitNs = lines.reduce((all, line) => all + line.waitNs, 0);
  return Math.min(1, ((costOf(lines) - waitNs) / parallelism + waitNs) / elapsedNs);
}

/** What the finding claims of the calls that are replayed. */
function predictedShares({ saving }: Finding, coveredShare: number): ShareInterval {
  const { lowNs, likelyNs, highNs, likelyShare } = saving;
  const of = (ns: number): number =>
    likelyNs === 0 ? 0 : (ns / likelyNs) * likelyShare * coveredShare;
  return { lowShare: of(lowNs), likelyShare: of(likelyNs), highShare: of(highNs) };
}

/** Bytes and lengths come first: a way that delivers others saves nothing. Null: all is well. */
function behaviour({ plain, changed }: PairedRuns, isCold: boolean): Judgement | null {
  const differing = plain.find((run) => run.differing > 0);
  if (differing !== undefined) {
    const why = `${differing.differing} calls returned other lengths than when they were recorded`;
    return { verdict: "cannot tell", why };
  }
  const [first] = plain;
  const isSame = (run: PairedRuns["plain"][number]): boolean =>
    run.checksum === first?.checksum && run.bytes === first.bytes && run.differing === 0;
  if (!plain.every(isSame)) return { verdict: "cannot tell", why: "the file changes meanwhile" };
  if (!changed.every(isSame)) {
    return { verdict: "changed behaviour", why: "the proposed way delivers other bytes" };
  }
  if (isCold && plain.every(({ deviceBytes }) => deviceBytes === 0)) {
    return {
      verdict: "cannot tell",
      why: "the recorded calls waited for the disk, and the file's pages stay in the page cache",
    };
  }
  return null;
}
