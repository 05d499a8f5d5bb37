import { type Analysis, type LabPoint, predictCost } from "@crossbill/core";
import { expect, test } from "vitest";
import { Measured } from "../measured.ts";
import { rings } from "./rings.ts";

const SCOPE = { caches: [], pageBytes: 4096, folder: "/nowhere" };

interface World {
  /** What a wait and a sleep of epoll cost, and what a request costs besides; ns. */
  readonly epoll: readonly [number, number, number];
  readonly ring: readonly [number, number, number];
  /** One read of the disk alone, and in a full queue; ns. */
  readonly disk: readonly [number, number];
}

const usual: World = { epoll: [300, 9000, 6000], ring: [400, 9000, 4000], disk: [50_000, 10_000] };

/** A machine of known prices, measured without noise. */
function points(world: World): LabPoint[] {
  // @ts-expect-error The plan asks nothing of the machine.
  const plan = rings.plan({ quick: false, ...SCOPE });
  return plan.map(({ series, x, mechanism, parameters, role }) => {
    const waits = 1 / x;
    const isRing = mechanism === "echo-uring";
    const server = predictCost(isRing ? world.ring : world.epoll, [waits, waits / 2, 1]);
    const read = predictCost(world.disk, [1 / x, 1]);
    const ns = mechanism === "getppid" ? 150 : series.startsWith("disk") ? read : server;
    const perWait = mechanism === "storage-pread" ? 1 : waits;
    const calls = mechanism === "echo-epoll" ? 2 + waits : isRing && x === 1 ? 2 : perWait;
    const counts = { waits, sleeps: waits / 2, calls };
    const values = [ns, ns * 1.001, ns * 0.999];
    return {
      series,
      x,
      mechanism,
      parameters,
      role,
      values,
      cpuValues: values,
      counts,
      linear: null,
      missing: null,
    };
  });
}

// @ts-expect-error The analysis asks nothing of the machine.
const analyse = (given: LabPoint[]): Analysis => rings.analyse(new Measured(given), SCOPE);
const verdicts = (analysis: Analysis) => analysis.claims.map(({ verdict }) => verdict);

test("known prices are found again and predict the points kept from the fit", () => {
  const { parameters, models, checks } = analyse(points(usual));
  const of = (symbol: string) => parameters.find((one) => one.symbol === symbol)?.value.likely;
  expect(of("s")).toBeCloseTo(6000, -2);
  expect(of("2q")).toBeCloseTo(4000, -2);
  expect(of("D")).toBeCloseTo(50_000, -3);
  for (const { fitError, heldOutError, broken } of models) {
    expect(fitError).toBeLessThan(0.01);
    expect(heldOutError).toBeLessThan(0.01);
    expect(broken).toBeNull();
  }
  expect(checks.every(({ holds }) => holds)).toBe(true);
});

test("the verdicts follow the data", () => {
  expect(verdicts(analyse(points(usual)))).toEqual(["holds", "holds", "does not hold"]);
  const slowRing = { ...usual, ring: [400, 9000, 8000] as const };
  expect(verdicts(analyse(points(slowRing)))[1]).toBe("does not hold");
  const noQueue = { ...usual, disk: [100, 10_000] as const };
  expect(verdicts(analyse(points(noQueue)))[2]).toBe("holds");
  const many = points(usual).map((point) => ({ ...point, counts: { ...point.counts, calls: 3 } }));
  expect(verdicts(analyse(many))[0]).toBe("does not hold");
});

test("any series may be missing: no figure is invented, and the verdict says so", () => {
  const all = points(usual);
  const names = [...new Set(all.map(({ series }) => series))];
  for (const gone of [...names.map((name) => [name]), names]) {
    const left = all.map((point) =>
      gone.includes(point.series)
        ? { ...point, values: [], cpuValues: [], missing: "refused" }
        : point,
    );
    const text = JSON.stringify(analyse(left), (_, value: unknown) => {
      if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
      return value;
    });
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  }
  const nothing = analyse(
    all.map((point) => ({ ...point, values: [], cpuValues: [], missing: "refused" })),
  );
  expect(verdicts(nothing)).toEqual(Array.from({ length: 3 }, () => "cannot tell here"));
  expect(nothing.parameters).toEqual([]);
});
