/** How often is looked before a sleep, by what that has brought. */
import { expect, it } from "vitest";
import { Patience } from "./channel-patience.ts";

/** How often a spin looks that finds what it looks for at the given look, or never. */
function looksOf(patience: Patience, ready = Number.POSITIVE_INFINITY): number {
  let looks = 0;
  expect(patience.spin(() => ++looks === ready)).toBe(ready <= looks);
  return looks;
}

it("looks many times, and once only after it was in vain, ever more often", () => {
  const patience = new Patience(100);
  const isLong = () => looksOf(patience) > 1;
  const spins = Array.from({ length: 60 }, isLong);
  const long = spins.flatMap((is, at) => (is ? [at] : []));
  expect(long).toEqual([0, 2, 6, 14, 30, 46]);
});

it("is patient again once it has paid off", () => {
  const patience = new Patience(100);
  expect(looksOf(patience)).toBeGreaterThan(1);
  expect(looksOf(patience)).toBe(1);
  expect(looksOf(patience, 7)).toBe(7);
  expect(looksOf(patience)).toBeGreaterThan(1);
});

it("looks once where it may not spin", () => {
  const patience = new Patience(0);
  expect([looksOf(patience), looksOf(patience), looksOf(patience, 1)]).toEqual([1, 1, 1]);
});
