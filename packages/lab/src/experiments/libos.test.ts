import { expect, test } from "vitest";
import {
  analyse,
  type Invented,
  inventPoints,
  PATIENCE_MS,
  refuse,
  subsets,
  valueOf,
  verdictOf,
} from "../../../../tests/unit/invented-points.ts";
import type { Point } from "../experiment.ts";
import { libos } from "./libos.ts";
import { codeAmounts, missed } from "./libos-model.ts";
import { codeSeries, dispatchSeries, ways } from "./libos-points.ts";

const CACHES = { l1: 32 << 10, l2: 1 << 20 };

interface World {
  /** ns a doubling of n: for table, hash, switch and binary in random order. */
  readonly random: readonly number[];
  /** The same for a cycle. */
  readonly cycle: readonly number[];
  /** a, e, j, m1, m2 */
  readonly code: readonly number[];
  readonly known: number;
  readonly crossing: number;
}
const usual: World = {
  random: [0, 0.2, 3, 4],
  cycle: [0, 0, 0.1, 0.3],
  code: [8, 0.3, 5, 1, 1.4],
  known: 1.4,
  crossing: 165,
};
const BASE = 6;

function dispatchNs({ series, x }: Point, world: World): number | null {
  for (const [at, way] of ways.entries()) {
    const depth = Math.log2(x);
    if (series === dispatchSeries(way, "random")) return BASE + (world.random[at] ?? 0) * depth;
    if (series === dispatchSeries(way, "cycle")) return BASE + (world.cycle[at] ?? 0) * depth;
  }
  return null;
}

function machine(world: World): (point: Point) => Invented {
  return (point) => {
    const { mechanism, parameters, x } = point;
    if (mechanism === "getppid") return { ns: world.crossing };
    if (mechanism === "timer") return { ns: 22 };
    const counts = { instructionCacheBytes: CACHES.l1 };
    if (parameters["how"] === "call") return { ns: world.known, counts };
    const dispatch = dispatchNs(point, world);
    if (dispatch !== null) return { ns: dispatch, counts };
    const amounts = codeAmounts(Number(parameters["n"]), x, CACHES);
    return { ns: amounts.reduce((sum, n, at) => sum + n * (world.code[at] ?? 0), 0), counts };
  };
}

const points = (world: Partial<World> = {}) => inventPoints(libos, machine({ ...usual, ...world }));

test("the price of a comparison and of a missed line of code come out again", () => {
  const analysis = analyse(libos, points());
  for (const [at, way] of ways.entries()) {
    expect(valueOf(analysis, `h(${way})`)).toBeCloseTo(usual.random[at] ?? 0, 3);
    expect(valueOf(analysis, `a(${way})`)).toBeCloseTo(BASE, 3);
  }
  for (const [at, symbol] of ["e", "j", "m1", "m2"].entries()) {
    expect(valueOf(analysis, symbol)).toBeCloseTo(usual.code[at + 1] ?? 0, 3);
  }
  expect(analysis.models.every(({ broken }) => broken === null)).toBe(true);
});

test("a search that predictors hide, and a table, are told from one that costs log n", () => {
  const analysis = analyse(libos, points());
  expect(verdictOf(analysis, /binary search costs O/)).toBe("holds");
  expect(verdictOf(analysis, /over and over/)).toBe("does not hold");
  expect(verdictOf(analysis, /has to grow/)).toBe("does not hold");
});

test("each verdict turns with the data", () => {
  const unpredicted = analyse(libos, points({ cycle: [0, 0, 3, 4], random: [3, 3, 3, 4] }));
  expect(verdictOf(unpredicted, /over and over/)).toBe("holds");
  expect(verdictOf(unpredicted, /has to grow/)).toBe("holds");
  const constant = analyse(libos, points({ random: [0, 0, 0, 0] }));
  expect(verdictOf(constant, /binary search costs O/)).toBe("does not hold");
  expect(verdictOf(constant, /has to grow/)).toBe("cannot tell here");
  const noMisses = analyse(libos, points({ code: [8, 0.3, 0, 0, 0.02] }));
  expect(verdictOf(noMisses, /outgrows/)).toBe("does not hold");
  const dear = analyse(libos, points({ crossing: 2 }));
  expect(verdictOf(dear, /not gone/)).toBe("does not hold");
});

test("a search whose cost is linear in n is not taken for a logarithm", () => {
  const linear = points().map((point) =>
    point.series === dispatchSeries("binary", "random")
      ? { ...point, values: point.values.map(() => 5 + point.x) }
      : point,
  );
  expect(verdictOf(analyse(libos, linear), /binary search costs O/)).toBe("does not hold");
});

test("where search meets system call, and table meets tree, is said with the figure", () => {
  const { breakEvens } = analyse(libos, points());
  expect(breakEvens[0]).toMatchObject({ at: null });
  expect(breakEvens[0]?.text).toContain("2^40");
  const near = analyse(libos, points({ crossing: 46 })).breakEvens[0];
  expect(near?.at?.likely).toBeCloseTo(1024, 0);
  expect(breakEvens.at(-1)?.at?.likely).toBeCloseTo(((165 - 13) / 2.7) * 64, 0);
});

test("an impossible order takes every verdict back", () => {
  const impossible = analyse(libos, points({ known: 900 }));
  expect(impossible.claims.every(({ verdict }) => verdict === "cannot tell here")).toBe(true);
});

test(
  "whatever is missing, there is an analysis without invented figures",
  () => {
    for (const some of subsets(points())) analyse(libos, some);
    const nothing = analyse(
      libos,
      refuse(points(), () => true),
    );
    expect(nothing.parameters).toEqual([]);
    expect(nothing.charts).toEqual([]);
    expect(nothing.claims.every(({ verdict }) => verdict === "cannot tell here")).toBe(true);
  },
  PATIENCE_MS,
);

test("on a processor that cannot be written code for, the rest still stands", () => {
  const refused = refuse(points(), ({ mechanism }) => mechanism === "library-call");
  const analysis = analyse(libos, refused);
  expect(analysis.notes[0]).toBe("library calls: refused");
  expect(analysis.table.rows.find(([name]) => name === "a null system call")?.[1]).toBe("165");
});

test("what a cache cannot hold is missed, what it holds is not", () => {
  expect(missed(1000, 1000)).toBe(0);
  expect(missed(4000, 1000)).toBe(0.75);
  expect(codeAmounts(1024, 2048, CACHES)).toEqual([1, 32, 1 - 1 / 64, 31.5, 16]);
  const names = libos.plan({
    quick: true,
    machine: Object.create(null),
    caches: [],
    pageBytes: 4096,
    folder: "",
  });
  expect(names.some(({ series }) => series === codeSeries(8))).toBe(true);
});
