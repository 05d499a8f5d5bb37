/** contest: two ways to do the same work, compared round by round: who is cheaper, if anybody is. */
import { type LabPoint, median } from "@crossbill/core";

/** Costs closer than this are the same to a program. */
export const SAME = 0.05;
/** Of the rounds that are compared, this share must have the same winner. */
const AGREED = 0.8;
/** So few rounds cannot agree; then only what differs by so much is decided. */
const FEW_ROUNDS = 3;
const CLEAR = 1.5;

export interface Contest {
  readonly what: string;
  /** What the rival costs, in costs of the usual way: above 1 the usual way wins. */
  readonly ratio: number;
  /** Enough rounds agree on the winner, and it wins by more than a program would ignore. */
  readonly decided: boolean;
}

/** Costs of the rival in those of the usual way: what slows a whole round cancels. */
export function ratiosOf(usual: LabPoint, rival: LabPoint | undefined): number[] {
  return usual.values.flatMap((cost, round) => {
    const against = rival?.values[round];
    return against === undefined || !(cost > 0) || !(against > 0) ? [] : [against / cost];
  });
}

/** null without any ratio. */
export function contest(what: string, ratios: readonly number[]): Contest | null {
  if (ratios.length === 0) return null;
  const ratio = median(ratios);
  const agree = ratios.filter((one) => one > 1 === ratio > 1).length;
  const least = ratios.length < FEW_ROUNDS ? CLEAR : 1 + SAME;
  const decided = agree >= ratios.length * AGREED && (ratio > least || ratio < 1 / least);
  return { what, ratio, decided };
}
