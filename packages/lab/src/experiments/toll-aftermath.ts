/** toll-aftermath: how much slower user code runs after a crossing than without one. */
import type { Chart, FittedModel, FittedParameter, Interval, LinearFit } from "@crossbill/core";
import type { Point, Scope } from "../experiment.ts";
import { fittedModel, type NamedPoint, tryFit } from "../fitted-model.ts";
import { type Measured, modelLine } from "../measured.ts";
import { differenceInterval, differences } from "../paired.ts";
import { figure, interval } from "../text.ts";

const LINE_BYTES = 64;
/** Where the machine does not say. */
const USUAL_L1_BYTES = 32 << 10;
/** Fits the first-level TLB of any processor of the last ten years. */
const PAGES = 48;
/** Shares of the first-level cache that the user code owns; the kernel gets the rest. */
const walked = [
  { share: 1 / 8, role: "fit", isQuick: false },
  { share: 1 / 4, role: "fit", isQuick: true },
  { share: 3 / 8, role: "held-out", isQuick: true },
  { share: 1 / 2, role: "fit", isQuick: true },
  { share: 3 / 4, role: "held-out", isQuick: false },
] as const;
/** The walk that verdicts look at: half of the cache. */
const HALF = 1 / 2;
/** A walk slowed by less than this is not slowed in any way that a program would notice. */
const SLOWED = 0.05;
/**
 * So many of the rounds, and at least two, must agree on it: a neighbour on the same core slows one
 * of the three processes of a round as much as a crossing would.
 */
const AGREED = 0.9;

const ALONE = "walk alone";

export interface Crossing {
  readonly call: "getppid" | "read";
  readonly named: string;
  readonly walk: string;
  readonly bare: string;
  readonly symbol: string;
}

export const crossings: readonly Crossing[] = [
  {
    call: "getppid",
    named: "a null system call",
    walk: "walk after a null call",
    bare: "the null call of the walks",
    symbol: "r0",
  },
  {
    call: "read",
    named: "a read of 64 KiB",
    walk: "walk after a 64 KiB read",
    bare: "the read of the walks",
    symbol: "r64",
  },
];

/** Cache lines of a walk over `share` of the first-level cache. */
function linesOf({ caches }: Pick<Scope, "caches">, share: number): number {
  const l1 = caches.find(({ level }) => level === 1)?.bytes ?? USUAL_L1_BYTES;
  return Math.round((Math.min(l1, 1 << 20) * share) / LINE_BYTES);
}

const pagesOf = (series: string): string => `${series}, over pages`;

export function aftermathPoints(scope: Pick<Scope, "caches" | "quick">): Point[] {
  const of = (series: string, call: string, lines: number, more = {}): Point => ({
    series,
    x: lines,
    mechanism: "work-after-call",
    parameters: { call, lines, ...more },
    role: "shown",
    seconds: 0.04,
  });
  const kinds = [{ walk: ALONE, call: "none" }, ...crossings];
  const walks = kinds.flatMap(({ walk, call }) => [
    ...walked
      .filter(({ isQuick }) => isQuick || !scope.quick)
      .map(({ share, role }) => ({ ...of(walk, call, linesOf(scope, share)), role })),
    ...(scope.quick ? [] : [of(pagesOf(walk), call, PAGES, { spread: "page" })]),
  ]);
  const bare = crossings.map(({ bare: series, call }) => ({
    ...of(series, call, 0),
    role: "fit" as const,
  }));
  return [...walks, ...bare];
}

export interface Aftermath {
  readonly crossing: Crossing;
  /** ns that half a first-level cache of user data takes longer afterwards, and for each page. */
  readonly slowerNs: Interval | null;
  readonly pageNs: Interval | null;
  /** The same as a share of the walk alone, in each round. */
  readonly shares: readonly number[];
  /** ns a line of user data: walking it, the crossing alone, and once more after a crossing. */
  readonly fit: LinearFit | null;
  readonly model: FittedModel | null;
}

function pointsOf(measured: Measured, { walk, bare, named }: Crossing): NamedPoint[] {
  const name = (words: string) => (at: { x: number }) => `${at.x} lines ${words}`;
  const of = (series: string, words: string, amounts: (x: number) => readonly number[]) => {
    const names = measured.series(series).map(name(words));
    const points = measured.fitPoints(series, ({ x }) => amounts(x));
    return points.map((point, at) => ({ ...point, named: names[at] ?? series }));
  };
  return [
    ...of(ALONE, "alone", (x) => [x, 0, 0]),
    ...of(walk, `after ${named}`, (x) => [x, 1, x]),
    ...of(bare, `after ${named}`, () => [0, 1, 0]),
  ];
}

export function aftermathOf(
  measured: Measured,
  scope: Pick<Scope, "caches">,
  crossing: Crossing,
): Aftermath {
  const lines = linesOf(scope, HALF);
  const alone = measured.point(ALONE, lines);
  const bare = measured.point(crossing.bare);
  const slower = differences(measured.point(crossing.walk, lines), [alone, bare]);
  const pages = differences(measured.point(pagesOf(crossing.walk)), [
    measured.point(pagesOf(ALONE)),
    bare,
  ]).map((ns) => ns / PAGES);
  const shares = slower
    .map((ns, round) => ns / (alone?.values[round] ?? Number.NaN))
    .filter((share) => Number.isFinite(share));
  const points = pointsOf(measured, crossing);
  const fit = tryFit(points);
  const formula = `T(lines) = c + w lines + ${crossing.symbol} lines, c after ${crossing.named}`;
  return {
    crossing,
    slowerNs: differenceInterval(slower),
    pageNs: differenceInterval(pages),
    shares,
    fit,
    model: fit === null ? null : fittedModel(formula, fit, points),
  };
}

/** Whether the walk is slowed so that a program notices; null when the rounds disagree. */
export function isSlowed({ shares }: Aftermath): boolean | null {
  const slowed = shares.filter((share) => share > SLOWED).length / shares.length;
  if (shares.length < 2 || (slowed < AGREED && slowed > 1 - AGREED)) return null;
  return slowed >= AGREED;
}

export function aftermathParameters({ crossing, fit }: Aftermath): FittedParameter[] {
  const value = fit?.prices[2];
  if (value === undefined) return [];
  const meaning = `a cache line of user data, walked after ${crossing.named}: on top`;
  return [{ symbol: crossing.symbol, meaning, unit: "ns", value }];
}

export function aftermathRow({ crossing, slowerNs }: Aftermath): readonly [string, string] {
  const what = `slow-down after ${crossing.named}`;
  return [what, slowerNs === null ? "not measured" : interval(slowerNs)];
}

export function aftermathNotes({ crossing, pageNs }: Aftermath): string[] {
  if (pageNs === null) return [];
  const what = `${PAGES} pages, a line of each, walked after ${crossing.named}`;
  return [`${what}: ${figure(pageNs.likely)} ns a page on top (cache and TLB)`];
}

/** The walks without the crossing itself, so that all lines would be one if it left no trace. */
export function aftermathCharts(measured: Measured, all: readonly Aftermath[]): Chart[] {
  const alone = measured.line(ALONE);
  if (alone.points.length === 0) return [];
  const series = all.flatMap(({ crossing, fit }) => {
    const bare = measured.cost(crossing.bare)?.likely;
    if (bare === undefined) return [];
    const shown = measured.line(crossing.walk, (ns) => Math.max(0, ns - bare));
    const [walk = 0, , refill = 0] = fit?.prices.map(({ likely }) => likely) ?? [];
    const xs = shown.points.map(({ x }) => x);
    const model = modelLine(`model after ${crossing.named}`, xs, (x) => x * (walk + refill));
    return fit === null ? [shown] : [shown, model];
  });
  return [
    {
      title: "User code after a crossing, without the crossing's own time",
      x: { label: "cache lines walked", unit: "lines", log: false },
      y: { label: "time of the walk", unit: "ns", log: false },
      series: [alone, ...series],
      marks: [],
    },
  ];
}
