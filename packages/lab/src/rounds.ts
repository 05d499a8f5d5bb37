/** rounds: how many times a topic goes through its points. */

/** Rounds after which nothing is learnt that the noise does not hide. */
export const MOST_ROUNDS: Readonly<Record<Mode, number>> = { full: 7, quick: 3 };
/** An interval needs this many, whatever the topic's own budget says. */
export const FEWEST_ROUNDS: Readonly<Record<Mode, number>> = { full: 3, quick: 1 };

/** A quick run takes this share of a full one's time. */
export const QUICK_SHARE: number = 1 / 8;

export type Mode = "full" | "quick";

/** How far a topic has come. */
export interface Spent {
  readonly mode: Mode;
  /** Rounds that are whole. */
  readonly rounds: number;
  /** Since the topic began. */
  readonly spentMs: number;
  /** What a round was planned to take. */
  readonly roundMs: number;
  readonly budgetMs: number;
  /** Until the topic must end so that the whole run keeps its time. */
  readonly leftMs: number;
}

/**
 * Whether another round begins. The first always does. A busy machine takes longer than planned: then
 * the time of the whole run decides, and a topic may end with fewer rounds than an interval needs.
 */
export function beginsRound(spent: Spent): boolean {
  const { mode, rounds, spentMs, roundMs, budgetMs, leftMs } = spent;
  if (rounds === 0) return true;
  if (rounds >= MOST_ROUNDS[mode] || spentMs / rounds > leftMs) return false;
  return rounds < FEWEST_ROUNDS[mode] || spentMs + roundMs * 0.5 <= budgetMs;
}
