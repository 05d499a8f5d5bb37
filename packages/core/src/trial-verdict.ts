/** The verdict on a trial: whether what was tried bears out what was predicted. Pure. */
import type { ShareInterval, TrialVerdict } from "./trial.ts";

export interface TrialEvidence {
  /** null: nothing was predicted; then it is only asked whether time is saved at all. */
  readonly predicted: ShareInterval | null;
  readonly tried: ShareInterval;
  /** How far the unchanged replay is from what was recorded, as a share of elapsed; null: not asked. */
  readonly errorShare: number | null;
}

export interface Judgement {
  readonly verdict: TrialVerdict;
  readonly why: string;
}

/** No verdict from a replay that errs by more than what it is to prove. */
export function judge({ predicted, tried, errorShare }: TrialEvidence): Judgement {
  const error = errorShare ?? 0;
  if (predicted !== null && error > Math.abs(predicted.likelyShare)) {
    const why =
      `the unchanged replay is ${shown(error)} of the elapsed time away from the recording, ` +
      `more than the predicted saving of ${shown(predicted.likelyShare)}`;
    return { verdict: "cannot tell", why };
  }
  const least = predicted?.lowShare ?? 0;
  if (tried.highShare <= 0) {
    return { verdict: "refuted", why: `it takes ${shown(-tried.likelyShare)} longer` };
  }
  if (tried.highShare + error < least) {
    const why = `it saves at most ${shown(tried.highShare)}, predicted was at least ${shown(least)}`;
    return { verdict: "refuted", why };
  }
  if (tried.lowShare <= 0) {
    return { verdict: "cannot tell", why: "the pairs do not agree that it saves time" };
  }
  return { verdict: "confirmed", why: `it saves ${shown(tried.likelyShare)} of the elapsed time` };
}

function shown(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
