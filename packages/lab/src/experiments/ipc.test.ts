import { analysisSchema, type LabPoint } from "@crossbill/core";
import { expect, test } from "vitest";
import type { Point } from "../experiment.ts";
import { Measured } from "../measured.ts";
import { ipc } from "./ipc.ts";
import {
  ALONE,
  FUTEX,
  ipcPoints,
  knots,
  PIPE,
  type Placement,
  placements,
  SPIN,
  STREAM,
  seriesOf,
  type Way,
  ways,
} from "./ipc-points.ts";

/** Made-up prices, ns: what the analysis must find again. */
interface World {
  readonly alone: number;
  /** Being woken, where both share a CPU and where they do not. */
  readonly woken: Readonly<Record<Placement, number>>;
  /** What a ring's own synchronisation takes, asleep and spinning. */
  readonly asleep: number;
  readonly spinning: number;
  readonly copiedTwice: number;
  readonly copiedOnce: number;
  readonly callsOfKernelWays: number;
}
const world: World = {
  alone: 600,
  woken: { "one CPU": 2000, "two CPUs": 10_000 },
  asleep: 900,
  spinning: 120,
  copiedTwice: 0.2,
  copiedOnce: 0.05,
  callsOfKernelWays: 2,
};

const nameOf = ({ series }: Point): string => series.replace(/, (one|two) CPUs?$|, one way$/, "");
const wayOf = (point: Point): Way | undefined => ways.find(({ name }) => name === nameOf(point));
const placementOf = ({ parameters }: Point): Placement =>
  parameters["cpu"] === "same" ? "one CPU" : "two CPUs";

function isSpinning(way: Way, placement: Placement): boolean {
  return way.name === SPIN || (way.name.includes("spin") && placement === "two CPUs");
}

function fixedOf(way: Way, placement: Placement, here: World): number {
  if (isSpinning(way, placement)) return here.spinning;
  return (way.kind === "ring" ? here.asleep : here.alone) + here.woken[placement];
}

function costOf(point: Point, here: World): number {
  const way = wayOf(point);
  if (way === undefined) return here.alone;
  const byte = way.kind === "ring" ? here.copiedOnce : here.copiedTwice;
  return fixedOf(way, placementOf(point), here) + point.x * byte;
}

/** Of the time, on its CPU: who spins is so all the time. */
const shareOf = (way: Way | undefined): number => (way?.name === SPIN ? 1 : 1 / 2);

function countsOf(point: Point, here: World): Record<string, number> {
  const way = wayOf(point);
  if (way === undefined) return {};
  const calls = isSpinning(way, placementOf(point)) ? 0 : 1;
  const kernel = way.kind !== "ring";
  const peerCpuNs = costOf(point, here) * shareOf(way);
  return { calls: kernel ? here.callsOfKernelWays : calls, peerCpuNs };
}

function measuredPoint(point: Point, here: World): LabPoint {
  const { series, x, mechanism, parameters, role } = point;
  const cost = costOf(point, here);
  const values = [cost, cost * 1.01, cost * 0.99];
  const same = { series, x, mechanism, parameters, role, counts: countsOf(point, here) };
  const cpuValues = values.map((ns) => ns * shareOf(wayOf(point)));
  return { ...same, values, cpuValues, linear: true, missing: null };
}

const pointsOf = (here: World = world, quick = false): LabPoint[] =>
  ipcPoints({ quick }).map((point) => measuredPoint(point, here));
const analyse = (points: readonly LabPoint[]) =>
  ipc.analyse(new Measured(points), { caches: [], pageBytes: 4096, machine: Object.create(null) });
const verdicts = (points: readonly LabPoint[]) =>
  analyse(points).claims.map(({ verdict }) => verdict);

test("it finds what each way takes to synchronise, and what its bytes cost", () => {
  for (const quick of [false, true]) {
    const { parameters, models, checks } = analyse(pointsOf(world, quick));
    const found = (symbol: string) => parameters.find((one) => one.symbol === symbol)?.value.likely;
    expect(found("2s")).toBeCloseTo(world.alone, 6);
    for (const { name } of placements) {
      expect(found(`W(${name})`)).toBeCloseTo(world.woken[name], 0);
      for (const way of ways) {
        if (name === "one CPU" && way.spinsForEver === true) continue;
        const series = seriesOf(way, name);
        expect(found(`σ(${series})`)).toBeCloseTo(fixedOf(way, name, world), 2);
        const byte = way.kind === "ring" ? world.copiedOnce : world.copiedTwice;
        expect(found(`b(${series})`)).toBeCloseTo(byte * 1024, 2);
      }
    }
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(models).toHaveLength(2);
    for (const { heldOutError, broken } of models) {
      expect(heldOutError).toBeLessThan(0.001);
      expect(broken).toBeNull();
    }
  }
});

test("a spinning ring beats every socket, so sockets do not win as such", () => {
  const { claims } = analyse(pointsOf());
  expect(claims.map(({ verdict }) => verdict)).toEqual(["does not hold", "holds", "does not hold"]);
  expect(claims[0]?.why).toMatch(/the best socket beats ring, futex.*it is beaten by ring, spin/);
});

test("where no ring may spin and sleeping costs it more, sockets win for small messages", () => {
  const here = { ...world, spinning: 20_000, asleep: 12_000, alone: 600 };
  const points = pointsOf(here).filter(({ series }) => !series.includes("spin"));
  expect(verdicts(points)[0]).toBe("holds");
});

test("where waking is cheap, calls and copies decide", () => {
  const here = { ...world, woken: { "one CPU": 200, "two CPUs": 500 } };
  expect(verdicts(pointsOf(here))[2]).toBe("holds");
});

test("where mapped memory is slow, sockets win large messages too", () => {
  expect(verdicts(pointsOf({ ...world, copiedOnce: 0.9 }))[1]).toBe("does not hold");
});

test("a ring that sleeps breaks even where the second copy has cost what its sleep costs", () => {
  const here = { ...world, asleep: 4900 };
  const { breakEvens } = analyse(pointsOf(here));
  const found = (start: string) => breakEvens.find(({ text }) => text.startsWith(start));
  const even = (here.asleep - here.alone) / (here.copiedTwice - here.copiedOnce);
  const futex = found(`${FUTEX}, two CPUs`);
  expect(futex?.text).toMatch(/cheaper than a Unix stream from/);
  // Interpolated between measured sizes, a factor of two apart.
  expect((futex?.at?.likely ?? 0) / even).toBeGreaterThan(0.7);
  expect((futex?.at?.likely ?? 0) / even).toBeLessThan(1.4);
  expect(found(`${SPIN}, two CPUs`)?.text).toMatch(/at every size/);
  const rate = 1e9 / (here.asleep + here.woken["two CPUs"] - here.spinning);
  expect((found("a receiver that spins")?.at?.likely ?? 0) / rate).toBeCloseTo(1, 2);
});

test("a ring that wins small messages only, or none, is said to", () => {
  const dear = { ...world, copiedOnce: 0.9 };
  const texts = analyse(pointsOf(dear)).breakEvens.map(({ text }) => text);
  expect(texts.some((text) => /^ring, spin, two CPUs: .* up to /.test(text))).toBe(true);
  expect(texts.some((text) => /^ring, futex, .*: dearer .* at every size/.test(text))).toBe(true);
});

test("an impossible order or count, or blocks that do not add up, leave nothing judged", () => {
  const slow = pointsOf({ ...world, spinning: 99_000 });
  const uncounted = pointsOf({ ...world, callsOfKernelWays: 1 });
  const bent = pointsOf().map((one) => ({ ...one, linear: false }));
  for (const points of [slow, uncounted, bent]) {
    expect(new Set(verdicts(points))).toEqual(new Set(["cannot tell here"]));
  }
});

test("rounds in which another program had the CPU are left out, and that is said", () => {
  // One round of three took a hundred times as long, with no more CPU time.
  const disturbed = (one: LabPoint): LabPoint => {
    const isKnown = one.series === "ring, spin, two CPUs" || one.series.endsWith("one CPU");
    if (!isKnown || one.x < 65_536) return one;
    return { ...one, values: one.values.map((ns, at) => (at === 2 ? ns * 100 : ns)) };
  };
  const { models, notes, claims } = analyse(pointsOf().map(disturbed));
  expect(notes.some((note) => /^left out, .* values$/.test(note))).toBe(true);
  for (const { heldOutError } of models) expect(heldOutError).toBeLessThan(0.01);
  expect(claims[1]?.verdict).toBe("holds");
  expect(analyse(pointsOf()).notes.some((note) => note.startsWith("left out"))).toBe(false);
});

test("CPUs that are now near, now far are mentioned, also as what breaks the model", () => {
  const moved = pointsOf().map((one) => {
    if (one.series !== "ring, spin, two CPUs") return one;
    const values = one.x === 1024 ? [490, 490, 490] : [120, 490, 120];
    return { ...one, values, cpuValues: values };
  });
  expect(analyse(moved).notes.join()).toMatch(/not always equally near: .* 120 ns to 490 ns/);
  expect(analyse(moved).models[0]?.broken).toMatch(/not always equally near$/);
  expect(analyse(pointsOf()).notes.join()).not.toMatch(/equally near/);
});

test("one round alone decides only what is clear", () => {
  const once = (here: World) =>
    pointsOf(here, true).map((one) => ({ ...one, values: one.values.slice(0, 1) }));
  const close = { ...world, asleep: 1800, spinning: 11_000 };
  expect(verdicts(once(close).filter(({ series }) => !series.includes("spin")))[0]).toBe(
    "cannot tell here",
  );
  expect(verdicts(once(world))[0]).toBe("does not hold");
});

test("rounds that contradict each other decide nothing", () => {
  const disagreeing = (one: LabPoint): LabPoint => {
    const values = one.values.map((ns, at) => (at === 0 ? ns / 1000 : ns * 1000));
    return { ...one, values, cpuValues: values };
  };
  const points = pointsOf().map((one) => (one.series.startsWith("ring") ? disagreeing(one) : one));
  expect(verdicts(points).slice(0, 2)).toEqual(["cannot tell here", "cannot tell here"]);
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
  const all = pointsOf(world, true);
  for (const absent of new Set(all.map(({ series }) => series))) {
    expectSound(all.map((one) => (one.series === absent ? refused(one) : one)));
    expectSound(all.map((one) => (one.series === absent ? one : refused(one))));
  }
  for (const absent of new Set(all.map(({ x }) => x))) {
    expectSound(all.map((one) => (one.x === absent ? refused(one) : one)));
  }
  expectSound([]);
}, 30_000);

test("a machine with one CPU judges what it can, and says what is missing", () => {
  const points = pointsOf().map((one) =>
    one.parameters["cpu"] === "other" || one.parameters["pattern"] === "one-way"
      ? refused(one)
      : one,
  );
  const { claims, notes } = analyse(points);
  expect(claims[0]?.why).not.toMatch(/two CPUs/);
  expect(claims[2]?.why).toMatch(/with one CPU/);
  expect(claims[2]?.why).not.toMatch(/with two CPUs/);
  expect(notes).toContain(`${PIPE}, two CPUs: refused here`);
});

test("every knot is a fitted size of a full run, and a quick run's points are some of a full one's", () => {
  const [stream] = ways.filter(({ name }) => name === STREAM);
  const names = (quick: boolean) => ipcPoints({ quick }).map(({ series, x }) => `${series} ${x}`);
  const full = new Set(names(false));
  expect(full.size).toBe(names(false).length);
  expect(names(true).filter((one) => !full.has(one))).toEqual([]);
  for (const { name } of placements) {
    const fitted = ipcPoints({ quick: false })
      .filter(({ series, role }) => stream && series === seriesOf(stream, name) && role === "fit")
      .map(({ x }) => x);
    expect(knots.filter((knot) => !fitted.includes(knot))).toEqual([]);
  }
  expect(ipcPoints({ quick: true }).some(({ series }) => series === ALONE)).toBe(true);
});
