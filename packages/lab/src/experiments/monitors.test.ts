import type { LabPoint } from "@crossbill/core";
import { analysisSchema } from "@crossbill/core";
import { expect, test } from "vitest";
import type { Point } from "../experiment.ts";
import { Measured } from "../measured.ts";
import { monitors } from "./monitors.ts";
import { EBPF_PAIR, monitorKinds, PTRACE, planMonitors } from "./monitors-points.ts";

/** Made-up prices, ns: what the analysis must find again. */
const WORK = 10_000;
const CALL = 150;
const ADDED = [2, 20, 40, 80, 110, 100, 220, 2200, 4500, 7600, 14_000];
const PROGRAM_CALLS = 4000;
const PROGRAM_NS = 2e6;

interface World {
  readonly added: readonly number[];
  readonly switches: number;
}
const world: World = { added: ADDED, switches: 4 };

function addedOf({ series }: Point, { added }: World): number {
  const at = monitorKinds.findIndex(({ name }) => series === name || series.endsWith(`: ${name}`));
  return at < 0 ? 0 : (added[at] ?? 0);
}

function costOf(point: Point, here: World): number {
  const added = addedOf(point, here);
  if (point.mechanism === "monitored-program") return PROGRAM_NS + PROGRAM_CALLS * added;
  return WORK + point.x * (CALL + added);
}

function measuredPoint(point: Point, here: World): LabPoint {
  const { series, x, mechanism, parameters, role } = point;
  const cost = costOf(point, here);
  const isProgram = mechanism === "monitored-program";
  const seen = isProgram ? PROGRAM_CALLS : x;
  const counts = isProgram ? { seen } : { calls: x, seen, switches: seen * here.switches };
  const values = [cost, cost * 1.01, cost * 0.99];
  const same = { series, x, mechanism, parameters, role, counts };
  return { ...same, values, cpuValues: values, linear: true, missing: null };
}

function pointsOf(here: World = world): LabPoint[] {
  return planMonitors({ quick: false }).map((point) => measuredPoint(point, here));
}

const analyse = (points: readonly LabPoint[]) => {
  const scope = { caches: [], pageBytes: 4096, machine: Object.create(null) };
  return monitors.analyse(new Measured(points), scope);
};
const verdicts = (points: readonly LabPoint[]) => analyse(points).claims.map((one) => one.verdict);

test("it finds the price of every monitor, and the programs follow from them", () => {
  const { parameters, models, breakEvens } = analyse(pointsOf());
  expect(parameters).toHaveLength(monitorKinds.length + 1);
  expect(parameters[0]?.value.likely).toBeCloseTo(CALL, 3);
  for (const [at, added] of ADDED.entries()) {
    expect(parameters[at + 1]?.value.likely).toBeCloseTo(added, 3);
  }
  expect(models).toHaveLength(2);
  expect(models.map(({ broken }) => broken)).toEqual([null, null]);
  expect(models[0]?.heldOutError).toBeLessThan(0.001);
  // A program's quickest run stands beside the usual price of a call: 1 % apart here.
  expect(models[1]?.heldOutError).toBeLessThan(0.02);
  const budget = breakEvens.find(({ text }) => text.startsWith("ptrace "));
  expect(budget?.at?.likely).toBeCloseTo((0.05 * 1e9) / 14_000, 3);
});

test("a model that programs do not obey says which one, and to which side", () => {
  const points = pointsOf().map((one) => {
    if (one.mechanism !== "monitored-program" || one.series.endsWith("nothing")) return one;
    return { ...one, values: one.values.map((ns) => (ns - PROGRAM_NS) * 3 + PROGRAM_NS) };
  });
  const { broken, heldOutError } = analyse(points).models[1] ?? {};
  expect(heldOutError).toBeGreaterThan(0.1);
  expect(broken).toMatch(/^dd, off by .* %: its calls cost more to watch than getppid$/);
});

test("a bare program that was disturbed is not blamed on its calls", () => {
  const points = pointsOf().map((one) =>
    one.series.endsWith(": nothing") ? { ...one, values: one.values.map((ns) => ns * 1.5) } : one,
  );
  expect(analyse(points).models[1]?.broken).toContain("its time alone was disturbed");
});

test("an order is violated only when the intervals say so", () => {
  const disturbed = (factor: number, rounds: number) =>
    pointsOf().map((one) => {
      if (one.series !== "empty eBPF, exit") return one;
      const values = one.values.map((ns, at) => (at < rounds ? ns * factor : ns));
      return { ...one, values };
    });
  expect(verdicts(disturbed(1.3, 1))).toContain("holds");
  expect(verdicts(disturbed(1.3, 3))).not.toContain("holds");
});

test("four switches, dear ptrace and a cheap gate: the data decide all three", () => {
  expect(verdicts(pointsOf())).toEqual(["does not hold", "holds", "holds"]);
});

test("the opposite data give the opposite verdicts", () => {
  const added = ADDED.map((ns, at) =>
    monitorKinds[at]?.name === PTRACE ? 900 : Math.min(ns, 800),
  );
  const turned = added.map((ns, at) => (monitorKinds[at]?.name === EBPF_PAIR ? 700 : ns));
  const ordered = turned.map((ns, at) => (at > 8 ? 850 + at : ns));
  expect(verdicts(pointsOf({ added: ordered, switches: 2 }))).toEqual([
    "holds",
    "does not hold",
    "does not hold",
  ]);
});

test("an order that is impossible leaves nothing judged", () => {
  const added = ADDED.map((ns, at) => (monitorKinds[at]?.name === PTRACE ? 50 : ns));
  expect(new Set(verdicts(pointsOf({ added, switches: 4 })))).toEqual(
    new Set(["cannot tell here"]),
  );
});

test("a monitor that missed calls leaves nothing judged", () => {
  const points = pointsOf().map((one) =>
    one.series === PTRACE ? { ...one, counts: { ...one.counts, seen: one.x - 0.5 } } : one,
  );
  expect(new Set(verdicts(points))).toEqual(new Set(["cannot tell here"]));
});

test("an alarm that is dear enough has a share of calls at which ptrace is as cheap", () => {
  const added = ADDED.map((ns, at) => (at === 8 ? 20_000 : ns));
  const found = analyse(pointsOf({ added, switches: 4 })).breakEvens.at(-1);
  expect(found?.at?.likely).toBeCloseTo((14_000 - 110) / 20_000, 3);
});

const refused = (point: LabPoint): LabPoint => ({
  ...point,
  values: [],
  cpuValues: [],
  counts: {},
  linear: null,
  missing: "refused here",
});

test("whatever is missing, the rest is analysed and nothing is made up", () => {
  const all = pointsOf();
  // Of the programs one is enough: none of them is in the fit.
  const names = new Set(
    all.map(({ series }) => series).filter((name) => !/^(ls|sha256sum): /.test(name)),
  );
  for (const absent of names) {
    const points = all.map((one) => (one.series === absent ? refused(one) : one));
    const analysis = analyse(points);
    expect(analysisSchema.parse(analysis)).toEqual(analysis);
    expect(JSON.stringify(analysis)).not.toMatch(/NaN|undefined|Infinity/);
  }
}, 20_000);

test("no ptrace, no verdict on it, and the reason is shown", () => {
  const points = pointsOf().map((one) => (one.series.endsWith(PTRACE) ? refused(one) : one));
  const { claims, notes, parameters } = analyse(points);
  expect(claims.map(({ verdict }) => verdict)).toEqual([
    "cannot tell here",
    "cannot tell here",
    "cannot tell here",
  ]);
  expect(notes).toContain("ptrace: refused here");
  expect(parameters.some(({ symbol }) => symbol === "o_ptrace")).toBe(false);
});

test("with nothing at all there are no figures and no verdicts", () => {
  const analysis = analyse(pointsOf().map(refused));
  expect(analysis.parameters).toEqual([]);
  expect(analysis.models).toEqual([]);
  expect(new Set(analysis.claims.map(({ verdict }) => verdict))).toEqual(
    new Set(["cannot tell here"]),
  );
  expect(JSON.stringify(analysis)).not.toMatch(/NaN|undefined|Infinity/);
});

test("a quick run has fewer points, and still some to judge the model by", () => {
  const quick = planMonitors({ quick: true });
  expect(quick.length).toBeLessThan(planMonitors({ quick: false }).length * 0.7);
  expect(quick.some(({ role }) => role === "held-out")).toBe(true);
});
