/** chunks: reading a file in pieces: what a piece costs by its size, and where it comes from. */
import type { Analysis, Chart, FittedParameter, Interval } from "@crossbill/core";
import type { Experiment, Scope } from "../experiment.ts";
import { fittedModel, type NamedPoint, tryFit } from "../fitted-model.ts";
import { countOf, type Measured, modelLine } from "../measured.ts";
import { differences, through } from "../paired.ts";
import { bytes, duration, figure } from "../text.ts";
import { breakEvensOf, CLAIM, checksOf, claimsOf, fastestText } from "./chunks-claims.ts";
import { chunkForShare, type Fitted, fitLine, fitPages, fitTiers, shares } from "./chunks-model.ts";
import {
  chunkPoints,
  DIRECT,
  FRESH,
  HOT,
  type Knot,
  knotsOf,
  LONG,
  LONG_BYTES,
  TMPFS,
  ZERO,
} from "./chunks-points.ts";

const KIB = 1024;
/** Where the machine names no second-level cache: what all have at least. */
const USUAL_NEAR = 64 * KIB;

interface Fits {
  /** How far the first models reach: what lies well inside the second-level cache. */
  readonly near: number;
  readonly knots: readonly Knot[];
  readonly tiers: Fitted | null;
  readonly pages: Fitted | null;
  /** Two parameters for all sizes, which is what the chapter's picture says. */
  readonly hotLine: Fitted | null;
  readonly longLine: Fitted | null;
  /** Two parameters near the processor, by series. */
  readonly lines: ReadonlyMap<string, Fitted | null>;
  readonly fresh: Fitted | null;
}

/**
 * What fresh memory adds to a read of the same size: a price for each fault, and once for a read
 * that takes any, whose copy begins anew. Of reads shorter than a page only a share takes one.
 */
function fitFresh(measured: Measured): Fitted | null {
  const points: NamedPoint[] = measured.series(FRESH).flatMap((point) => {
    const values = differences(point, [measured.point(HOT, point.x)]);
    const faults = countOf(point, "faults");
    if (values.length === 0 || !(faults > 0)) return [];
    const heldOut = point.role === "held-out";
    return [{ values, amounts: [Math.min(1, faults), faults], heldOut, named: bytes(point.x) }];
  });
  const fit = tryFit(points);
  if (fit === null) return null;
  const formula = "T(c) into fresh memory - T(c) = i + f faults";
  return { points, fit, model: fittedModel(formula, fit, points), worst: null };
}

function fitsOf(measured: Measured, scope: Pick<Scope, "caches">): Fits {
  const knots = knotsOf(scope);
  const near = Math.max(USUAL_NEAR, knots.find(({ tier }) => tier === "L2")?.bytes ?? 0);
  const lines = [HOT, LONG, TMPFS, ZERO].map(
    (series) => [series, fitLine(measured, series, near)] as const,
  );
  return {
    near,
    knots,
    tiers: fitTiers(measured, HOT, knots),
    pages: fitPages(measured, LONG, near),
    hotLine: fitLine(measured, HOT),
    longLine: fitLine(measured, LONG),
    lines: new Map([...lines, [DIRECT, fitLine(measured, DIRECT)]]),
    fresh: fitFresh(measured),
  };
}

function parametersOf({ knots, tiers, pages, lines, fresh }: Fits): FittedParameter[] {
  const of = (symbol: string, meaning: string, unit: string, value: Interval | undefined) =>
    value === undefined ? [] : [{ symbol, meaning, unit, value }];
  const perKib = (value: Interval | undefined) =>
    value === undefined ? undefined : through(value, (ns) => ns * KIB);
  const [s, ...copies] = tiers?.fit.prices ?? [];
  const tierCosts = knots.flatMap(({ tier, bytes: at }, index) =>
    of(`b(${tier})`, `copying, source and buffer of ${bytes(at)}`, "ns/KiB", perKib(copies[index])),
  );
  const direct = lines.get(DIRECT)?.fit.prices;
  return [
    ...of("s", "a read, before its bytes", "ns", s),
    ...tierCosts,
    ...of("p", "the next page of a long file", "ns", pages?.fit.prices[2]),
    ...of("i", "a read that meets fresh memory: once", "ns", fresh?.fit.prices[0]),
    ...of("f", "a page of fresh memory, in the copy", "ns", fresh?.fit.prices[1]),
    ...of("D", "a read of the disk, before its bytes", "ns", direct?.[0]),
    ...of("b(disk)", "reading the disk", "ns/KiB", perKib(direct?.[1])),
  ];
}

function tableOf(measured: Measured, { lines, near }: Fits): Analysis["table"] {
  const rows = [...lines].map(([series, line]) => {
    const [s, b] = line?.fit.prices.map(({ likely }) => likely) ?? [];
    const at90 = line === null ? null : chunkForShare(line, 0.9);
    return [
      series,
      s === undefined ? "not measured" : duration(s),
      b === undefined ? "" : figure(b * KIB),
      at90 === null ? "" : bytes(at90.likely),
      fastestText(measured, series),
    ];
  });
  const kept = [...rows, [FRESH, "", "", "", fastestText(measured, FRESH)]];
  return { columns: ["source", `s to ${bytes(near)}`, "ns/KiB", "c90", "fastest"], rows: kept };
}

function chartsOf(measured: Measured, { knots, tiers, hotLine, lines }: Fits): Chart[] {
  const axes = {
    x: { label: "bytes a read", unit: "B", log: true },
    y: { label: "time a byte", unit: "ns", log: true },
  };
  const perByte = (ns: number, { x }: { x: number }): number => ns / x;
  const drawn = [LONG, HOT, TMPFS, ZERO, FRESH, DIRECT]
    .map((series) => measured.line(series, perByte))
    .filter(({ points }) => points.length > 0);
  const line = lines.get(LONG) ?? null;
  const at90 = line === null ? null : chunkForShare(line, 0.9);
  const marks = at90 === null ? [] : [{ x: at90.likely, label: "10 % left to the fixed cost" }];
  const hot = measured.line(HOT, perByte);
  const xs = hot.points.map(({ x }) => x);
  const model = (name: string, fit: Fitted | null, amounts: (x: number) => readonly number[]) =>
    fit === null
      ? []
      : [
          modelLine(name, xs, (x) => {
            const prices = fit.fit.prices.map(({ likely }) => likely);
            return amounts(x).reduce((sum, n, at) => sum + n * (prices[at] ?? 0), 0) / x;
          }),
        ];
  const models = [
    ...model("s + b c", hotLine, (x) => [1, x]),
    ...model("s + b(c) c", tiers, (x) => [1, ...shares(knots, x).map((part) => part * x)]),
  ];
  return [
    { title: "What a byte costs by the size of the read", ...axes, series: drawn, marks },
    {
      title: "One cost per byte, or one for each cache",
      ...axes,
      series: [hot, ...models],
      marks: [],
    },
  ].filter(({ series }) => series.some(({ points }) => points.length > 0));
}

function notesOf(measured: Measured, fits: Fits, { caches }: Pick<Scope, "caches">): string[] {
  const absent = [HOT, LONG, TMPFS, ZERO, DIRECT, FRESH].flatMap((series) => {
    const why = measured.missing(series);
    return why === null ? [] : [`${series}: ${why}`];
  });
  const faults = countOf(measured.point(FRESH, 64 * KIB), "faults");
  const taken = Number.isFinite(faults)
    ? [`a read of 64 KiB into fresh memory takes ${figure(faults)} page faults`]
    : [];
  const direct = fits.lines.get(DIRECT) ?? null;
  const cached =
    direct === null
      ? []
      : ["O_DIRECT passes this kernel's cache; a host's or the disk's own may still answer"];
  const last = caches.at(-1)?.bytes ?? 0;
  const kept =
    last >= LONG_BYTES
      ? [`the long file of ${bytes(LONG_BYTES)} fits into the last cache here`]
      : [];
  return [...absent, ...taken, ...cached, ...kept];
}

function analyse(measured: Measured, scope: Pick<Scope, "caches">): Analysis {
  const fits = fitsOf(measured, scope);
  const checks = checksOf(measured);
  const all = [fits.hotLine, fits.longLine, fits.tiers, fits.pages, fits.fresh];
  const models = [...all, fits.lines.get(DIRECT) ?? null];
  return {
    parameters: parametersOf(fits),
    models: models.flatMap((one) => (one === null ? [] : [one.model])),
    breakEvens: breakEvensOf(measured, fits.lines.get(LONG) ?? null),
    claims: claimsOf(measured, [fits.hotLine, fits.longLine], checks),
    checks,
    table: tableOf(measured, fits),
    charts: chartsOf(measured, fits),
    notes: notesOf(measured, fits, scope),
  };
}

export const chunks: Experiment = {
  name: "chunks",
  title: "Chunks",
  question: "How large must the pieces be in which a file is read, and what is gained beyond that?",
  claim: CLAIM,
  background: [
    "A read of a cached file enters the kernel, looks up the descriptor, finds the file's " +
      "pages one after another in the page cache and copies them into the program's memory. " +
      "The first part costs the same for one byte as for a million, the rest grows with the " +
      "bytes: T(c) = s + b c for a chunk of c bytes. The chunk that leaves a tenth of the " +
      "time to the fixed part is c90 = 9 s / b.",
    "Two figures are not the whole story. What a byte costs depends on where it comes from " +
      "and goes to: a piece that is read again and again stays in a cache near the " +
      "processor, and every tier beyond costs more, so b has one value for each tier here, " +
      "and is interpolated in between. A file longer than the caches comes from memory: " +
      "there, finding the next page and fetching it adds a price for each page.",
    "Memory that a program has never touched has no pages yet. The kernel's copy then " +
      "stops at a page fault for each of them and zeroes a page that it overwrites at once. " +
      "A program that allocates a new buffer for each read pays that every time, which is " +
      "how published results of large reads can be many times too high.",
    "/dev/zero has no source to copy from and shows what filling the buffer costs; tmpfs " +
      "shows the page cache without a file system below; O_DIRECT goes past the page cache " +
      "to the device, whose latency takes the place of the fixed cost.",
    "Memory is the other side: one buffer of 16 MiB is nothing, ten thousand of them are a " +
      "machine. The lab therefore also says what the best chunk within a limit gives.",
  ],
  budgetSeconds: 45,
  plan: chunkPoints,
  analyse,
};
