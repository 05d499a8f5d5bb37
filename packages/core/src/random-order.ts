/** random-order: shuffling that a printed seed repeats. */

/** Numbers from 0 to 1; the same seed gives the same ones (mulberry32, a public-domain generator). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A new array with the same members in random order (Fisher and Yates). */
export function shuffled<T>(members: readonly T[], random: () => number): T[] {
  const rest = [...members];
  const order: T[] = [];
  while (rest.length > 0) order.push(...rest.splice(Math.floor(random() * rest.length), 1));
  return order;
}
