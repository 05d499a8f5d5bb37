/** The scatter topic on points invented from known prices: it finds them, and follows the data. */
import { analysisSchema, type LabPoint } from "@crossbill/core";
import { describe, expect, test } from "vitest";
import { Measured } from "../measured.ts";
import { scatter } from "./scatter.ts";
import { amountsOf } from "./scatter-model.ts";
import { ASKED, CROSSING, plan } from "./scatter-points.ts";

const scope = {
  machine: Object.create(null),
  caches: [
    { level: 1, bytes: 32 << 10 },
    { level: 2, bytes: 1 << 20 },
    { level: 3, bytes: 32 << 20 },
  ],
  pageBytes: 4096,
};

interface World {
  /** ns of a pread, of entering for a batch, of each request in it. */
  readonly pread: number;
  readonly enter: number;
  readonly request: number;
  readonly crossing: number;
  /** A call that takes one offset for each buffer. */
  readonly scatters?: boolean;
}

/** As measured here, and as the chapter has it. */
const linux: World = { pread: 450, enter: 540, request: 370, crossing: 160 };
const chapter: World = { pread: 450, enter: 540, request: 20, crossing: 420, scatters: true };
const BYTE = 0.02;

function costOf(world: World, point: LabPoint): number {
  const { pieces, bytes, gap } = amountsOf(point);
  const copied = bytes * BYTE;
  switch (point.mechanism) {
    case "getppid":
      return world.crossing;
    case "scatter-pread":
      return world.pread * (point.parameters["by"] === undefined ? 1 : 1.4) + copied;
    case "scatter-preadv":
      return 500 / pieces + 20 + copied;
    case "scatter-through":
      return world.pread / pieces + (bytes + (gap * (pieces - 1)) / pieces) * BYTE;
    case "scatter-mapping":
      return 2 + copied;
    default:
      return world.enter / pieces + world.request + copied;
  }
}

function countsOf(world: World, { mechanism, parameters }: LabPoint): Record<string, number> {
  const pieces = Number(parameters["pieces"] ?? 1);
  const each = mechanism === "scatter-mapping" ? 0 : parameters["by"] === undefined ? 1 : 2;
  if (mechanism === "scatter-pread" || mechanism === "scatter-mapping")
    return { systemCalls: each };
  const wanted = world.scatters === true ? 1 : 1 / pieces;
  const arrived = mechanism === "scatter-preadv" ? { wanted, contiguous: 1 } : {};
  return { systemCalls: 1 / pieces, ...arrived };
}

function measuredIn(world: World, isMissing: (point: LabPoint) => boolean = () => false): Measured {
  const points = plan(false).map((planned): LabPoint => {
    const { series, x, mechanism, parameters, role } = planned;
    const bare = { series, x, mechanism, parameters, role, linear: true };
    const empty = { ...bare, values: [], cpuValues: [], counts: {}, missing: "not here" };
    if (isMissing(empty)) return empty;
    const cost = costOf(world, empty);
    const values = [cost, cost * 1.01, cost * 0.99];
    return { ...empty, values, cpuValues: values, counts: countsOf(world, empty), missing: null };
  });
  return new Measured(points);
}

const analysed = (world: World) => scatter.analyse(measuredIn(world), scope);

test("the prices the points were made from are found, and held-out points agree", () => {
  const { parameters, models, breakEvens } = analysed(linux);
  const price = (symbol: string) => parameters.find((one) => one.symbol === symbol)?.value.likely;
  expect(price("s")).toBeCloseTo(450, 1);
  expect(price("b")).toBeCloseTo(BYTE, 4);
  expect(price("Eu")).toBeCloseTo(540, 1);
  expect(price("qu")).toBeCloseTo(370, 1);
  expect(price("v")).toBeCloseTo(20, 1);
  for (const { heldOutError, broken } of models) {
    expect(heldOutError).toBeLessThan(0.01);
    expect(broken).toBeNull();
  }
  const gap = breakEvens.find(({ unit }) => unit === "bytes of gap");
  expect(gap?.at?.likely).toBeCloseTo(450 / BYTE, 0);
  const batch = breakEvens.find(({ unit }) => unit === "pieces in a batch");
  expect(batch?.at?.likely).toBeCloseTo(540 / 80, 1);
});

test("the verdicts follow the data, not the book", () => {
  const verdicts = (world: World) => analysed(world).claims.map(({ verdict }) => verdict);
  expect(verdicts(linux)).toEqual(["does not hold", "holds", "does not hold", "holds"]);
  expect(verdicts(chapter)).toEqual(["holds", "holds", "holds", "holds"]);
  const [preadv] = analysed(linux).claims;
  expect(preadv?.why).toMatch(/of 64 pieces, 4 KiB apart, 1 arrived/);
});

test("a batch that never pays has no break-even", () => {
  const { breakEvens } = analysed({ ...linux, request: 460 });
  const batch = breakEvens.filter(({ unit }) => unit === "pieces in a batch");
  expect(batch.map(({ at }) => at)).toEqual([null, null, null, null]);
});

test("an impossible order leaves no verdict about times standing; bytes are bytes", () => {
  const { claims } = analysed({ ...linux, crossing: 10_000 });
  const [bytes, ...times] = claims.map(({ verdict }) => verdict);
  expect(bytes).toBe("does not hold");
  expect(new Set(times)).toEqual(new Set(["cannot tell here"]));
});

test("a call too many leaves no verdict standing", () => {
  const points = measuredIn(linux).points.map((point) =>
    point.series === "pread, by bytes" ? { ...point, counts: { systemCalls: 2 } } : point,
  );
  const { claims } = scatter.analyse(new Measured(points), scope);
  expect(new Set(claims.map(({ verdict }) => verdict))).toEqual(new Set(["cannot tell here"]));
});

test("a model that misses a point by much names it", () => {
  const points = measuredIn(linux).points.map((point) =>
    point.series === "pread, by bytes" && point.x === 65_536
      ? { ...point, values: point.values.map((value) => value * 2) }
      : point,
  );
  const { models } = scatter.analyse(new Measured(points), scope);
  expect(models[0]?.broken).toMatch(/16 pieces of 64 KiB.*outgrow the cache.*too little/);
});

/** Whatever is absent, no figure may be invented for it. */
function expectSound(measured: Measured): void {
  const analysis = scatter.analyse(measured, scope);
  analysisSchema.parse(analysis);
  expect(JSON.stringify(analysis)).not.toMatch(/NaN|undefined|unknown|Infinity/);
}

/** Some thousand fits: seconds on a busy machine. */
const ANY_POINT_MS = 60_000;

describe("without", () => {
  const series = [...new Set(plan(false).map((point) => point.series))];

  test.each(series)("%s the analysis still stands", (name) => {
    expectSound(measuredIn(linux, (point) => point.series === name));
    expectSound(measuredIn(linux, (point) => point.series !== name));
  });

  test(
    "one point of many the analysis still stands",
    () => {
      for (const { series: name, x } of plan(false).filter((_, at) => at % 3 === 0))
        expectSound(measuredIn(linux, (point) => point.series === name && point.x === x));
    },
    ANY_POINT_MS,
  );

  test("all points nothing is claimed", () => {
    const measured = measuredIn(linux, () => true);
    expectSound(measured);
    const { claims, parameters, breakEvens } = scatter.analyse(measured, scope);
    expect(new Set(claims.map(({ verdict }) => verdict))).toEqual(new Set(["cannot tell here"]));
    expect([parameters, breakEvens]).toEqual([[], []]);
  });

  test("what a claim rests on it cannot be told", () => {
    const verdict = (name: string, at: number) =>
      scatter.analyse(
        measuredIn(linux, (point) => point.series === name),
        scope,
      ).claims[at]?.verdict;
    expect(verdict(ASKED, 0)).toBe("cannot tell here");
    expect(verdict("pread, by bytes", 1)).toBe("cannot tell here");
    expect(verdict("pread, by pieces", 2)).toBe("cannot tell here");
    expect(verdict("preadv, contiguous, by pieces", 3)).toBe("cannot tell here");
    expect(verdict(CROSSING, 1)).toBe("holds");
  });
});
