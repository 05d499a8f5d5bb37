import { expect, test } from "vitest";
import {
  analyse,
  type Invented,
  inventedScope,
  inventPoints,
  PATIENCE_MS,
  refuse,
  subsets,
  valueOf,
  verdictOf,
} from "../../../../tests/unit/invented-points.ts";
import type { Point } from "../experiment.ts";
import { chunks } from "./chunks.ts";
import { shares } from "./chunks-model.ts";
import { chunkPoints, DIRECT, FRESH, HOT, knotsOf, LONG } from "./chunks-points.ts";

const FIXED = 430;
const PAGE = 4096;
const knots = knotsOf(inventedScope);

interface World {
  /** ns a byte at each knot. */
  readonly tiers: readonly number[];
  /** ns for each further page of a long file. */
  readonly page: number;
  readonly fault: number;
}
const usual: World = { tiers: [0.01, 0.03, 0.04, 0.07], page: 200, fault: 1500 };
/** A machine without caches that differ, without pages that cost, without faults. */
const flat: World = { tiers: [0.03, 0.03, 0.03, 0.03], page: 0, fault: 0.5 };

const INTERRUPTED = 0.3;
const freshNs = (faults: number, { fault }: World): number =>
  fault * (INTERRUPTED * Math.min(1, faults) + faults);

function machine(world: World): (point: Point) => Invented {
  return ({ series, x }) => {
    const copied = shares(knots, x).reduce(
      (sum, part, at) => sum + part * (world.tiers[at] ?? 0),
      0,
    );
    const hot = FIXED + copied * x;
    const counts = { bytes: x };
    switch (series) {
      case LONG:
        return { ns: FIXED + 0.03 * x + world.page * Math.max(0, Math.ceil(x / PAGE) - 1), counts };
      case FRESH:
        return { ns: hot + freshNs(x / PAGE, world), counts: { ...counts, faults: x / PAGE } };
      case DIRECT:
        return { ns: 50_000 + 0.7 * x, counts };
      default:
        return { ns: hot, counts };
    }
  };
}

const points = (world: World = usual) => inventPoints(chunks, machine(world));

test("the price of every tier, page and fault comes out again", () => {
  const analysis = analyse(chunks, points());
  expect(valueOf(analysis, "s")).toBeCloseTo(FIXED, 3);
  expect(valueOf(analysis, "p")).toBeCloseTo(usual.page, 3);
  expect(valueOf(analysis, "f")).toBeCloseTo(usual.fault, 3);
  expect(valueOf(analysis, "i")).toBeCloseTo(usual.fault * INTERRUPTED, 3);
  expect(valueOf(analysis, "D")).toBeCloseTo(50_000, 3);
  for (const [at, { tier }] of knots.entries()) {
    expect(valueOf(analysis, `b(${tier})`)).toBeCloseTo((usual.tiers[at] ?? 0) * 1024, 3);
  }
});

test("two parameters do not describe tiers, and describe a machine that has none", () => {
  const tiered = analyse(chunks, points());
  expect(verdictOf(tiered, /one cost per byte/)).toBe("does not hold");
  expect(tiered.models.find(({ formula }) => formula.includes("for all c"))?.broken).toMatch(
    /most wrong at/,
  );
  const even = analyse(chunks, points(flat));
  expect(verdictOf(even, /one cost per byte/)).toBe("holds");
  expect(even.models.every(({ broken }) => broken === null)).toBe(true);
});

test("the verdicts on fresh memory, on amortising and on the sweet spot turn with the data", () => {
  const analysis = analyse(chunks, points());
  expect(verdictOf(analysis, /the memory it fills/)).toBe("does not hold");
  expect(verdictOf(analysis, /amortised/)).toBe("holds");
  expect(verdictOf(analysis, /sweet spot/)).toBe("holds");
  expect(verdictOf(analyse(chunks, points(flat)), /the memory it fills/)).toBe("holds");

  const neverCheaper = points().map((point) =>
    point.series === LONG ? { ...point, values: point.values.map(() => 100 * point.x) } : point,
  );
  expect(verdictOf(analyse(chunks, neverCheaper), /amortised/)).toBe("does not hold");
  const everCheaper = points().map((point) =>
    point.series === LONG
      ? { ...point, values: point.values.map(() => 1e6 + point.x ** 0.5) }
      : point,
  );
  expect(verdictOf(analyse(chunks, everCheaper), /sweet spot/)).toBe("does not hold");
});

test("break-evens are where the lines say, and limits of memory are respected", () => {
  const { breakEvens } = analyse(chunks, points({ ...flat, fault: 1500 }));
  expect(breakEvens[0]?.at?.likely).toBeCloseTo(FIXED / 0.03, 0);
  expect(breakEvens[1]?.at?.likely).toBeCloseTo((9 * FIXED) / 0.03, 0);
  expect(breakEvens[1]?.text).toBe("chunks of 126 KiB leave 10 % to the fixed cost");
  const limited = breakEvens.filter(({ text }) => text.startsWith("a buffer of at most"));
  expect(limited.map(({ at }) => at?.likely)).toEqual([4096, 65_536, 262_144]);
});

test("a read that moved too little takes every verdict back", () => {
  const short = points().map((point) => ({ ...point, counts: { ...point.counts, bytes: 1 } }));
  const analysis = analyse(chunks, short);
  expect(analysis.claims.every(({ verdict }) => verdict === "cannot tell here")).toBe(true);
});

test(
  "whatever is missing, there is an analysis without invented figures",
  () => {
    for (const some of subsets(points())) analyse(chunks, some);
    const nothing = analyse(
      chunks,
      refuse(points(), () => true),
    );
    expect(nothing.parameters).toEqual([]);
    expect(nothing.breakEvens).toEqual([]);
    expect(nothing.claims.every(({ verdict }) => verdict === "cannot tell here")).toBe(true);
    expect(nothing.notes.some((note) => note.includes(DIRECT))).toBe(true);
  },
  PATIENCE_MS,
);

test("shares of knots add up to one, and only neighbours have any", () => {
  for (const size of [1, 5000, 8192, 100_000, 262_144, 3e6, 16 << 20, 1 << 30]) {
    const all = shares(knots, size);
    expect(all.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1, 9);
    expect(all.filter((part) => part > 0).length).toBeLessThanOrEqual(2);
  }
});

test("machines with other caches get their own tiers, no two at the same size", () => {
  const large = knotsOf({
    caches: [
      { level: 1, bytes: 48 << 10 },
      { level: 3, bytes: 256 << 20 },
    ],
  });
  expect(large.map(({ bytes }) => bytes)).toEqual([12 << 10, 16 << 20]);
  const sizes = chunkPoints(inventedScope).map(({ x, series }) => `${series} ${x}`);
  expect(new Set(sizes).size).toBe(sizes.length);
  expect(knots.map(({ tier }) => tier)).toEqual(["L1", "L2", "LLC", "DRAM"]);
  expect(chunkPoints(inventedScope).filter(({ series }) => series === HOT)).toHaveLength(19);
});
