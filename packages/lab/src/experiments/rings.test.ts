import { type Analysis, type LabPoint, predictCost } from "@crossbill/core";
import { expect, test } from "vitest";
import { Measured } from "../measured.ts";
import { rings } from "./rings.ts";

const SCOPE = { caches: [], pageBytes: 4096, folder: "/nowhere" };

interface World {
  /** What a wait, a sleep and the rest of a request cost with epoll; ns. */
  readonly epoll: readonly [number, number, number];
  /** The same on a ring, the entries of a request apart. */
  readonly ring: readonly [number, number, number];
  readonly entry: number;
  /** One read of the disk alone, and in a full queue; ns. */
  readonly disk: readonly [number, number];
}

const usual: World = {
  epoll: [400, 9000, 6000],
  ring: [350, 9000, 4000],
  entry: 60,
  disk: [50_000, 10_000],
};

function costOf({ epoll, ring, entry, disk }: World, mechanism: string, x: number): number {
  const amounts = [1 / x, 1 / x / 2, 1];
  switch (mechanism) {
    case "getppid":
      return 150;
    case "system-call":
      return epoll[0];
    case "uring-nop":
      return ring[0] + x * entry;
    case "echo-epoll":
      return predictCost(epoll, amounts);
    case "echo-uring":
      return predictCost(ring, amounts) + 2 * entry;
    default:
      return predictCost(disk, [1 / x, 1]);
  }
}

/** A machine of known prices; all but one round in four are disturbed, each in its own way. */
function points(world: World): LabPoint[] {
  // @ts-expect-error The plan asks nothing of the machine.
  const plan = rings.plan({ quick: false, ...SCOPE });
  return plan.map(({ series, x, mechanism, parameters, role }, at) => {
    const waits = 1 / x;
    const ns = costOf(world, mechanism, x);
    const isRing = mechanism === "echo-uring";
    const perWait = mechanism === "storage-pread" ? 1 : waits;
    const calls = mechanism === "echo-epoll" ? 2 + waits : isRing && x === 1 ? 2 : perWait;
    const counts = { waits, sleeps: waits / 2, calls };
    const values = [ns, ns * 1.001, ns * (1.01 + (at % 5) / 100), ns * (1.2 + (at % 3) / 10)];
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
  const known = { e: 400, "W epoll": 9000, s: 6000, E: 350, q: 60, "W io_uring": 9000, w: 4000 };
  for (const [symbol, price] of Object.entries({ ...known, D: 50_000, c: 10_000 })) {
    expect(Math.abs((of(symbol) ?? 0) / price - 1), symbol).toBeLessThan(0.01);
  }
  for (const { fitError, heldOutError, broken } of models) {
    expect(fitError).toBeLessThan(0.01);
    expect(heldOutError).toBeLessThan(0.01);
    expect(broken).toBeNull();
  }
  expect(checks.every(({ holds }) => holds)).toBe(true);
});

test("the verdicts follow the data", () => {
  expect(verdicts(analyse(points(usual)))).toEqual(["holds", "holds", "does not hold"]);
  const slowRing = { ...usual, ring: [350, 9000, 12_000] as const };
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
