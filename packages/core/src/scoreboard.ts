/** The scoreboard: what findings predicted beside what trials found, by finding. */
import { median } from "./fit.ts";
import type { Trial, TrialVerdict } from "./trial.ts";

export interface Score {
  /** Code of the finding. */
  readonly finding: string;
  readonly trials: number;
  readonly verdicts: Readonly<Partial<Record<TrialVerdict, number>>>;
  /** Median distance of predicted from tried share of elapsed time; null when no trial decided. */
  readonly medianErrorShare: number | null;
  /** Of the trials that decided, the share whose predicted interval held what was tried. */
  readonly coveredShare: number | null;
}

/** One row for each finding that was ever tried, by name. Trials that cannot tell prove no error. */
export function scores(trials: readonly Trial[]): Score[] {
  const codes = [...new Set(trials.flatMap(({ finding }) => finding ?? []))].toSorted();
  return codes.map((code) => score(code, trials));
}

function score(code: string, all: readonly Trial[]): Score {
  const trials = all.filter(({ finding }) => finding === code);
  const decided = trials.flatMap(({ verdict, predicted, tried }) =>
    predicted !== null && (verdict === "confirmed" || verdict === "refuted")
      ? [{ predicted, tried: tried.likelyShare }]
      : [],
  );
  const covered = decided.filter(
    ({ predicted, tried }) => predicted.lowShare <= tried && tried <= predicted.highShare,
  );
  const verdicts: Partial<Record<TrialVerdict, number>> = {};
  for (const { verdict } of trials) verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
  return {
    finding: code,
    trials: trials.length,
    verdicts,
    medianErrorShare:
      decided.length === 0
        ? null
        : median(decided.map(({ predicted, tried }) => Math.abs(predicted.likelyShare - tried))),
    coveredShare: decided.length === 0 ? null : covered.length / decided.length,
  };
}
