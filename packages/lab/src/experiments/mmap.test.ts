import { analysisSchema, type LabPoint } from "@crossbill/core";
import { expect, test } from "vitest";
import type { Point } from "../experiment.ts";
import { Measured } from "../measured.ts";
import { mmap } from "./mmap.ts";
import { KEPT, LATER, MAP, MAP_SMALL, mmapPoints, PAGE, READ, SPARSE } from "./mmap-points.ts";

/** Made-up prices, ns: what the analysis must find again. */
interface World {
  readonly call: number;
  readonly lookUp: number;
  /** Copying and using, and using in place, a byte. */
  readonly copied: number;
  readonly used: number;
  readonly mapping: number;
  readonly fault: number;
  readonly singlePage: number;
  readonly folioPage: number;
  readonly unmapped: number;
  /** Pages that a fault maps at most. */
  readonly window: number;
}
const world: World = {
  call: 350,
  lookUp: 40,
  copied: 0.05,
  used: 0.01,
  mapping: 4000,
  fault: 700,
  singlePage: 220,
  folioPage: 60,
  unmapped: 100,
  window: 16,
};

interface Work {
  readonly bytes: number;
  readonly visit: number;
  readonly step: number;
  readonly passes: number;
  readonly isSingle: boolean;
}

function workOf({ parameters }: Point): Work {
  const number = (name: string, otherwise: number) => Number(parameters[name] ?? otherwise);
  const visit = number("visit", 65_536);
  return {
    bytes: number("bytes", 0),
    visit,
    step: number("step", visit),
    passes: number("passes", 1),
    isSingle: number("piece", 65_536) === PAGE,
  };
}

function faultsOf(point: Point, here: World): number {
  const { bytes, step } = workOf(point);
  if (point.mechanism !== "file-map" || point.parameters["way"] === "kept") return 0;
  const cached = Number(point.parameters["cached"] ?? 65_536) / PAGE;
  const touched = Math.min(bytes / PAGE, bytes / step);
  return Math.min(touched * 16, Math.ceil(bytes / PAGE / Math.min(cached, here.window)));
}

function costOf(point: Point, here: World): number {
  const { bytes, visit, step, passes, isSingle } = workOf(point);
  const used = (bytes / step) * visit * passes;
  const pages = bytes / PAGE;
  if (point.mechanism === "file-read") {
    const calls = (bytes / step) * passes;
    return calls * here.call + (isSingle ? pages * here.lookUp : 0) + used * here.copied;
  }
  if (point.parameters["way"] === "kept") return used * here.used;
  const page = isSingle ? here.singlePage : here.folioPage;
  const later = point.parameters["unmap"] === "later" ? pages * here.unmapped : 0;
  const faults = faultsOf(point, here);
  return here.mapping + faults * here.fault + pages * page + used * here.used - later;
}

function measuredPoint(point: Point, here: World): LabPoint {
  const { series, x, mechanism, parameters, role } = point;
  const cost = costOf(point, here);
  const counts = { faults: faultsOf(point, here), pages: workOf(point).bytes / PAGE };
  const values = [cost, cost * 1.01, cost * 0.99];
  const same = { series, x, mechanism, parameters, role, counts };
  return { ...same, values, cpuValues: values, linear: true, missing: null };
}

const pointsOf = (here: World = world, quick = false): LabPoint[] =>
  mmapPoints({ quick }).map((point) => measuredPoint(point, here));
const analyse = (points: readonly LabPoint[]) =>
  mmap.analyse(new Measured(points), {
    caches: [],
    pageBytes: PAGE,
    machine: Object.create(null),
  });
const verdicts = (points: readonly LabPoint[]) =>
  analyse(points).claims.map(({ verdict }) => verdict);

test("it finds the prices of reading and of mapping again, full and quick", () => {
  for (const quick of [false, true]) {
    const { parameters, models, checks } = analyse(pointsOf(world, quick));
    const found = (symbol: string) => parameters.find((one) => one.symbol === symbol)?.value.likely;
    expect(found("s")).toBeCloseTo(world.call, 3);
    expect(found("g(4 MiB)")).toBeCloseTo(world.lookUp, 3);
    expect(found("b(16 MiB)")).toBeCloseTo(world.copied * 1024, 3);
    expect(found("M")).toBeCloseTo(world.mapping, 2);
    expect(found("f")).toBeCloseTo(world.fault, 3);
    expect(found("p(4 MiB)")).toBeCloseTo(world.singlePage, 3);
    expect(found("q(64 MiB)")).toBeCloseTo(world.folioPage, 3);
    expect(found("u")).toBeCloseTo(world.unmapped, 0);
    expect(found("b'(64 MiB)")).toBeCloseTo(world.used * 1024, 3);
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(models).toHaveLength(2);
    for (const { heldOutError, broken } of models) {
      expect(heldOutError).toBeLessThan(0.001);
      expect(broken).toBeNull();
    }
  }
});

test("with windows of 16 pages the read wins where little is used, and large files are mapped", () => {
  expect(verdicts(pointsOf())).toEqual(["holds", "does not hold", "does not hold"]);
});

test("with a fault for each page and dear pages the textbook is right", () => {
  const here = { ...world, window: 1 };
  expect(verdicts(pointsOf(here))).toEqual(["holds", "holds", "holds"]);
});

test("with free mappings the read wins nowhere", () => {
  const here = { ...world, mapping: 1, fault: 1, singlePage: 2, folioPage: 1, unmapped: 1 };
  expect(verdicts(pointsOf(here))).toEqual(["does not hold", "does not hold", "does not hold"]);
});

test("rounds that contradict each other decide nothing about large files", () => {
  const points = pointsOf().map((one) =>
    one.series === MAP && one.x >= 32 << 20
      ? { ...one, values: one.values.map((ns, at) => (at === 0 ? ns : ns * 3)) }
      : one,
  );
  expect(verdicts(points)[2]).toBe("cannot tell here");
});

test("break-evens are where the two lines meet", () => {
  const { breakEvens } = analyse(pointsOf());
  const at = (unit: string) => breakEvens.find((one) => one.unit === unit)?.at?.likely;
  const { call, copied, used, mapping, fault, folioPage } = world;
  const saved = call / 65_536 + copied - used - (fault / 16 + folioPage) / PAGE;
  const size = mapping / saved;
  expect((at("bytes") ?? 0) / size).toBeCloseTo(1, 1);
  const window = 16 * PAGE;
  const once = mapping + fault + 16 * folioPage + window * used;
  const passes = (once - window * used) / (call + window * (copied - used));
  expect(at("passes")).toBeCloseTo(passes, 3);
  const perPage = call / 16 + PAGE * (copied - used) - folioPage;
  expect(at("pages a fault")).toBeCloseTo(fault / perPage, 2);
});

test("an order that is impossible, or blocks that do not add up, leave nothing judged", () => {
  const impossible = pointsOf().map((one) =>
    one.series === KEPT ? { ...one, values: one.values.map((ns) => ns * 100) } : one,
  );
  const bent = pointsOf().map((one) => ({ ...one, linear: false }));
  const alone = pointsOf().map((one) =>
    one.series === SPARSE && one.x === 1 ? { ...one, counts: { faults: 16, pages: 256 } } : one,
  );
  for (const points of [impossible, bent, alone]) {
    expect(new Set(verdicts(points))).toEqual(new Set(["cannot tell here"]));
  }
});

const refused = (point: LabPoint): LabPoint => ({
  ...point,
  values: [],
  cpuValues: [],
  counts: {},
  linear: null,
  missing: "refused here",
});

function expectSound(points: readonly LabPoint[]): void {
  const analysis = analyse(points);
  expect(analysisSchema.parse(analysis)).toEqual(analysis);
  expect(JSON.stringify(analysis)).not.toMatch(/NaN|undefined|Infinity|null,"high"/);
}

test("whatever is missing, the rest is analysed and nothing is made up", () => {
  const all = pointsOf();
  for (const absent of new Set(all.map(({ series }) => series))) {
    expectSound(all.map((one) => (one.series === absent ? refused(one) : one)));
    expectSound(all.map((one) => (one.series === absent ? one : refused(one))));
  }
  for (const absent of new Set(all.map(({ x }) => x))) {
    expectSound(all.map((one) => (one.x === absent ? refused(one) : one)));
  }
  expectSound([]);
}, 30_000);

test("without mappings or reads nothing is judged, and the reason is shown", () => {
  const points = pointsOf().map((one) => (one.mechanism === "file-map" ? refused(one) : one));
  const { claims, notes, parameters } = analyse(points);
  expect(claims.map(({ verdict }) => verdict)).toEqual(Array(3).fill("cannot tell here"));
  expect(notes).toContain(`${MAP}: refused here`);
  expect(parameters.some(({ symbol }) => symbol === "f")).toBe(false);
  expect(parameters.some(({ symbol }) => symbol === "s")).toBe(true);
});

test("the points of a quick run are among those of a full one, and each series has a fit", () => {
  const names = (quick: boolean) =>
    new Set(mmapPoints({ quick }).map(({ series, x }) => `${series} ${x}`));
  const full = names(false);
  expect([...names(true)].filter((one) => !full.has(one))).toEqual([]);
  expect(full.size).toBe(mmapPoints({ quick: false }).length);
  for (const series of [READ, MAP, MAP_SMALL, LATER]) {
    expect(mmapPoints({ quick: true }).some((one) => one.series === series)).toBe(true);
  }
});
