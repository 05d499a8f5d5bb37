/** The perspective topic on points invented from known prices: it finds them, and follows the data. */
import { analysisSchema, type LabPoint } from "@crossbill/core";
import { describe, expect, test } from "vitest";
import { Measured } from "../measured.ts";
import { perspective } from "./perspective.ts";
import { type Device, devices, PIECES, plan, seriesOf } from "./perspective-points.ts";

interface World {
  /** ns: work for a request, entering, the wait of each device. */
  readonly request: number;
  readonly enter: number;
  readonly wait: Readonly<Record<Device, number>>;
  /** Reads the disk does at once; the throttled one does one. */
  readonly ways: number;
}

const flash: World = {
  request: 1000,
  enter: 500,
  wait: { warm: 0, cold: 50_000, throttled: 8_332_000 },
  ways: 1e9,
};
/** A disk that does one read after another, and a kernel that is very slow to enter. */
const oneByOne: World = { ...flash, ways: 1 };
const slowEntry: World = { ...flash, enter: 2e6, wait: { ...flash.wait, cold: 1e6 } };

function costOf(world: World, point: LabPoint): number {
  const { batch = 1, depth = 1, announced } = point.parameters;
  const device = devices.find((one) => one === point.parameters["state"]) ?? "warm";
  const enters = world.enter / Number(batch);
  if (point.mechanism === "perspective-pread") {
    return world.request + world.enter * (announced === "yes" ? 2 : 1) + world.wait[device];
  }
  const overlap = device === "cold" ? Math.min(world.ways, Number(depth)) : 1;
  return world.request + enters + world.wait[device] / overlap;
}

const nowhere = () => false;

function measuredIn(world: World, isMissing: (point: LabPoint) => boolean = nowhere): Measured {
  const points = plan(false, "/folder").map((planned): LabPoint => {
    const { series, x, mechanism, parameters, role } = planned;
    const bare = { series, x, mechanism, parameters, role, linear: null };
    const empty = { ...bare, values: [], cpuValues: [], counts: {}, missing: "not here" };
    if (isMissing(empty)) return empty;
    const cost = costOf(world, empty);
    const values = [cost, cost * 1.001, cost * 0.999];
    const systemCalls = 1 / Number(parameters["batch"] ?? 1);
    const deviceBytes = parameters["state"] === "warm" ? 0 : 4096;
    const counts = { systemCalls, deviceBytes };
    return { ...empty, values, cpuValues: values, counts, missing: null };
  });
  return new Measured(points);
}

const scope = { caches: [], pageBytes: 4096, machine: Object.create(null) };
const analysed = (measured: Measured) => perspective.analyse(measured, scope);

const verdicts = (measured: Measured) => analysed(measured).claims.map(({ verdict }) => verdict);
const of = (device: Device) => (point: LabPoint) => point.parameters["state"] === device;

test("the prices the points were made from are found, and held-out points agree", () => {
  const { parameters, models, breakEvens } = analysed(measuredIn(flash));
  const price = (symbol: string) =>
    parameters.find((one) => one.symbol === symbol)?.value.likely ?? 0;
  expect(price("q") / 1000).toBeCloseTo(1, 2);
  expect(price("E") / 500).toBeCloseTo(1, 2);
  expect(price("Wc") / 50_000).toBeCloseTo(1, 2);
  expect(price("Ws") / 8_332_000).toBeCloseTo(1, 2);
  expect(price("Dc") / 50_000).toBeCloseTo(1, 2);
  for (const { heldOutError, broken } of models) {
    expect(heldOutError).toBeLessThan(0.01);
    expect(broken).toBeNull();
  }
  const wait = breakEvens.find(({ unit }) => unit === "ns of waiting");
  expect((wait?.at?.likely ?? 0) / (500 / 0.03 - 1500)).toBeCloseTo(1, 2);
});

test("the verdicts follow the data, not the book", () => {
  expect(verdicts(measuredIn(flash))).toEqual(["holds", "does not hold", "holds"]);
  expect(verdicts(measuredIn(oneByOne))).toEqual(["holds", "holds", "holds"]);
  expect(verdicts(measuredIn(slowEntry))).toEqual([
    "does not hold",
    "does not hold",
    "does not hold",
  ]);
});

test("a saving beyond all that entering costs is noise, and decides nothing", () => {
  const points = measuredIn(flash).points.map((point) =>
    of("throttled")(point) && point.parameters["batch"] === PIECES
      ? { ...point, values: point.values.map((value) => value / 1.05) }
      : point,
  );
  expect(verdicts(new Measured(points))).toEqual([
    "cannot tell here",
    "does not hold",
    "cannot tell here",
  ]);
});

test("the gain of queue depth is never credited to fewer calls", () => {
  const { table } = analysed(measuredIn(flash));
  const row = (name: string) => table.rows.find(([first]) => first === name)?.slice(2);
  expect(row("gain of fewer calls alone")).toEqual(["1.49x", "1.01x", "1.00x"]);
  expect(Number.parseFloat(row("gain of more under way alone")?.[1] ?? "")).toBeGreaterThan(20);
  expect(row("gain of more under way alone")?.[2]).toBe("1.00x");
});

test("without a throttle a disk that takes milliseconds stands in for it", () => {
  const slow = { ...flash, wait: { ...flash.wait, cold: 8e6 } };
  const without = analysed(measuredIn(slow, of("throttled")));
  expect(without.claims[0]).toMatchObject({ verdict: "holds" });
  expect(without.notes.join()).toMatch(/120 reads\/s: not here/);
  const [claim] = analysed(measuredIn(flash, of("throttled"))).claims;
  expect(claim).toMatchObject({ verdict: "cannot tell here", why: "not here" });
});

test("resident pages that came from a device leave no verdict standing", () => {
  const points = measuredIn(flash).points.map((point) =>
    of("warm")(point) ? { ...point, counts: { ...point.counts, deviceBytes: 4096 } } : point,
  );
  expect(new Set(verdicts(new Measured(points)))).toEqual(new Set(["cannot tell here"]));
});

/** Whatever is absent, no figure may be invented for it. */
function expectSound(measured: Measured): void {
  const analysis = analysed(measured);
  analysisSchema.parse(analysis);
  expect(JSON.stringify(analysis)).not.toMatch(/NaN|undefined|unknown|Infinity/);
}

/** Some thousand fits: seconds on a busy machine. */
const ANY_POINT_MS = 60_000;

describe("without", () => {
  const series = [...new Set(plan(false, "/folder").map((point) => point.series))];

  test.each(series)("%s the analysis still stands", (name) => {
    expectSound(measuredIn(flash, (point) => point.series === name));
    expectSound(measuredIn(flash, (point) => point.series !== name));
  });

  test.each(devices)("%s the analysis still stands", (device) => {
    expectSound(measuredIn(flash, of(device)));
    expectSound(measuredIn(flash, (point) => !of(device)(point)));
  });

  test(
    "any point the analysis still stands",
    () => {
      for (const { series: name, x } of plan(false, "/folder"))
        expectSound(measuredIn(flash, (point) => point.series === name && point.x === x));
    },
    ANY_POINT_MS,
  );

  test("all points nothing is claimed", () => {
    const measured = measuredIn(flash, () => true);
    expectSound(measured);
    expect(new Set(verdicts(measured))).toEqual(new Set(["cannot tell here"]));
    expect(analysed(measured).parameters).toEqual([]);
  });

  test("what a claim rests on it cannot be told", () => {
    const at = (device: Device) => (point: LabPoint) =>
      point.series === seriesOf(device, "by batch in turn") && point.x === PIECES;
    expect(verdicts(measuredIn(flash, at("throttled")))[0]).toBe("cannot tell here");
    expect(verdicts(measuredIn(flash, of("cold")))[1]).toBe("cannot tell here");
    expect(verdicts(measuredIn(flash, of("warm")))[2]).toBe("cannot tell here");
  });
});
