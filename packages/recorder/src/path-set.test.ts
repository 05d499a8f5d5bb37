/** Path sets: what their bits tell of how many paths there were. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PATH_SET_WORDS, PathSet } from "./path-set.ts";

const BITS = PATH_SET_WORDS * 32;

function setOf(bits: Iterable<number>): PathSet {
  const set = new PathSet();
  for (const bit of bits) set.add([[bit >> 5, 2 ** (bit & 31)]]);
  return set;
}

test("no path is none, one is one, and a full set tells of no number", () => {
  expect(setOf([]).estimate()).toBe(0);
  expect(setOf([31]).estimate()).toBe(1);
  expect(setOf(Array.from({ length: BITS }, (_, bit) => bit)).estimate()).toBe(Infinity);
});

test("up to five times as many paths as bits are told within a quarter", () => {
  const seeds = fc.noShrink(fc.integer({ min: 1, max: 2 ** 31 - 2 }));
  fc.assert(
    fc.property(seeds, fc.integer({ min: 500, max: 5 * BITS }), (seed, paths) => {
      let state = seed;
      const bits = Array.from({ length: paths }, () => {
        state = (state * 48_271) % (2 ** 31 - 1); // Lehmer's generator
        return state % BITS;
      });
      expect(Math.abs(setOf(bits).estimate() / paths - 1)).toBeLessThan(0.25);
    }),
    { numRuns: 50 },
  );
});

test("sets of several CPUs count what is in both once", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(BITS - 1)),
      fc.array(fc.nat(BITS - 1)),
      fc.array(fc.nat(BITS - 1)),
      (left, both, right) => {
        const joined = setOf([...left, ...both, ...both, ...right]).estimate();
        expect(joined).toBe(setOf(new Set([...left, ...both, ...right])).estimate());
      },
    ),
  );
});
