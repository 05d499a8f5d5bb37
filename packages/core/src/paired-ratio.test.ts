import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pairedRatio, savedShares } from "./paired-ratio.ts";

const pairOf = (ratio: number) => ({ plainNs: 1000, changedNs: 1000 * ratio });

describe("pairedRatio", () => {
  it("takes the extremes of up to eight pairs, and leaves out one at each end of nine", () => {
    const ratios = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3];
    expect(pairedRatio(ratios.slice(0, 6).map(pairOf))).toMatchObject({ low: 0.5, high: 1 });
    expect(pairedRatio(ratios.slice(0, 8).map(pairOf))).toMatchObject({ low: 0.5, high: 1.2 });
    expect(pairedRatio(ratios.map(pairOf))).toMatchObject({ low: 0.6, high: 1.2 });
  });

  it("has the largest order statistics whose binomial tails stay within 5 %", () => {
    // Tables of the sign test: 12 pairs leave out 2 at each end, 25 leave out 7.
    const among = (count: number) => Array.from({ length: count }, (_, at) => pairOf(1 + at));
    expect(pairedRatio(among(12))).toMatchObject({ low: 3, high: 10 });
    expect(pairedRatio(among(25))).toMatchObject({ low: 8, high: 18 });
  });

  it("is turned round when plain and changed are", () => {
    const times = fc.double({ min: 1, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.record({ plainNs: times, changedNs: times }), { minLength: 1 }),
        (pairs) => {
          const there = pairedRatio(pairs);
          const back = pairedRatio(
            pairs.map(({ plainNs, changedNs }) => ({ plainNs: changedNs, changedNs: plainNs })),
          );
          expect((there?.low ?? 0) * (back?.high ?? 0)).toBeCloseTo(1, 9);
          expect((there?.likely ?? 0) * (back?.likely ?? 0)).toBeCloseTo(1, 9);
          expect(there?.low).toBeLessThanOrEqual((there?.likely ?? 0) * (1 + 1e-12));
          expect(there?.high).toBeGreaterThanOrEqual((there?.likely ?? 0) * (1 - 1e-12));
        },
      ),
    );
  });

  it("is null when nothing took time", () => {
    expect(pairedRatio([])).toBeNull();
    expect(pairedRatio([{ plainNs: 0, changedNs: 5 }])).toBeNull();
  });
});

describe("savedShares", () => {
  it("gives the largest saving for the smallest ratio, as shares of the whole", () => {
    const saved = savedShares({ low: 0.1, likely: 0.5, high: 1.5 }, 0.2);
    expect(saved.lowShare).toBeCloseTo(-0.1);
    expect(saved.likelyShare).toBeCloseTo(0.1);
    expect(saved.highShare).toBeCloseTo(0.18);
  });
});
