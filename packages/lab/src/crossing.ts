/** crossing: where two measured series cross, from their points alone. */
import type { Interval, LabPoint } from "@crossbill/core";
import { intervalOver } from "./estimate.ts";

/**
 * The x from which on `rival` stays below `usual` at all larger x, round by round, interpolated
 * between the points; null when it never does. `always`: it does from the smallest x on.
 */
export function crossing(
  usual: readonly LabPoint[],
  rival: readonly LabPoint[],
): { at: Interval | null; always: boolean } {
  const pairs = usual.flatMap((one) => {
    const other = rival.find(({ x }) => x === one.x);
    return other === undefined ? [] : [{ x: one.x, one, other }];
  });
  const rounds = Math.min(
    ...pairs.map(({ one, other }) => Math.min(one.values.length, other.values.length)),
  );
  const found: number[] = [];
  for (let round = 0; pairs.length > 0 && round < rounds; round++) {
    const gains = pairs.map(({ x, one, other }) => ({
      x,
      // Above 0 where the rival is cheaper.
      gain: Math.log((one.values[round] ?? 1) / (other.values[round] ?? 1)),
    }));
    const last = gains.findLastIndex(({ gain }) => gain <= 0);
    const [before, after] = [gains[last], gains[last + 1]];
    if (after === undefined) continue;
    found.push(before === undefined ? after.x : between(before, after));
  }
  const at = found.length * 2 > rounds ? intervalOver(found) : null;
  return { at, always: at !== null && at.likely === pairs[0]?.x };
}

interface Gain {
  readonly x: number;
  readonly gain: number;
}

/** Where the gain is 0 on the line between two points, in the logarithm of x. */
function between(before: Gain, after: Gain): number {
  const along = -before.gain / (after.gain - before.gain);
  return before.x * (after.x / before.x) ** along;
}
