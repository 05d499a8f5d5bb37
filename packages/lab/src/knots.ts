/** knots: prices that depend on a size, fitted at some sizes and interpolated between them. */

/** `amount` split over the knots by `size`: linear in the logarithm between two of them. */
export function split(amount: number, size: number, over: readonly number[]): number[] {
  const right = over.findIndex((knot) => size <= knot);
  if (right === 0 || right === -1) {
    const only = right === 0 ? 0 : over.length - 1;
    return over.map((_, at) => (at === only ? amount : 0));
  }
  const [from, to] = [over[right - 1] ?? 1, over[right] ?? 1];
  const along = Math.log2(size / from) / Math.log2(to / from);
  return over.map((_, at) => {
    if (at === right) return amount * along;
    return at === right - 1 ? amount * (1 - along) : 0;
  });
}
