import * as fc from "fast-check";
import { expect, test } from "vitest";
import { randomNumbers, shuffled } from "./random-order.ts";

test("a shuffle keeps every member, and the same seed gives the same order", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer(), (members, seed) => {
      const order = shuffled(members, randomNumbers(seed));
      const sorted = (list: number[]): number[] => list.toSorted((a, b) => a - b);
      expect(sorted(order)).toEqual(sorted(members));
      expect(shuffled(members, randomNumbers(seed))).toEqual(order);
    }),
  );
});

test("over many seeds every member comes first about equally often", () => {
  const first = [0, 0, 0, 0];
  for (let seed = 0; seed < 4000; seed++) {
    const member = shuffled([0, 1, 2, 3], randomNumbers(seed))[0];
    if (member !== undefined) first[member] = (first[member] ?? 0) + 1;
  }
  for (const times of first) expect(Math.abs(times - 1000)).toBeLessThan(150);
});
