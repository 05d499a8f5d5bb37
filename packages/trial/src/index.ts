/** @crossbill/trial: findings proved by replaying the recorded calls or running the program fixed. */

export { type LiveOptions, type LiveTrial, runLive } from "./live.ts";
export { hasLiveFix } from "./live-fixes.ts";
export {
  type ReplayFigures,
  type ReplayOptions,
  type ReplayOutcome,
  replay,
} from "./replay.ts";
export { appendTrial, loadTrials, type StoredTrials } from "./scoreboard-store.ts";
