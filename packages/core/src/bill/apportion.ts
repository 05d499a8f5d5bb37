/** Apportion: splits a whole number by weights so that the parts add up to it exactly. */

/**
 * Largest-remainder method: every part is its exact share rounded down or up. Without any weight the
 * last part takes everything; without parts the result is empty.
 * @param total an integer >= 0. @param weights each >= 0.
 */
export function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((left, weight) => left + weight, 0);
  if (weights.length === 0) return [];
  if (!(sum > 0) || !Number.isFinite(sum)) {
    return weights.map((_, index) => (index === weights.length - 1 ? total : 0));
  }
  const exact = weights.map((weight) => total * (weight / sum));
  const parts = exact.map(Math.floor);
  let missing = total - parts.reduce((left, part) => left + part, 0);
  const byRemainder = exact
    .map((share, index) => ({ index, remainder: share - Math.floor(share) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  // Floating point may leave more than one unit a part, or one too many, for huge totals.
  while (missing !== 0) {
    const step = missing > 0 ? 1 : -1;
    const before = missing;
    for (const { index } of byRemainder) {
      if (missing === 0) break;
      const part = parts[index] ?? 0;
      if (part + step < 0 || (weights[index] ?? 0) === 0) continue;
      parts[index] = part + step;
      missing -= step;
    }
    if (before === missing) break;
  }
  return parts;
}
