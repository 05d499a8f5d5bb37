import { analysisSchema, type LabPoint, type Machine } from "@crossbill/core";
import { expect, test } from "vitest";
import type { Point } from "../experiment.ts";
import { Measured } from "../measured.ts";
import { vmexit } from "./vmexit.ts";
import {
  CALL,
  CPUID,
  CPUID_MEDIAN,
  GUEST,
  GUEST_MONITORED,
  LOOP,
  PROCESS,
  PROCESS_MONITORED,
  planExits,
} from "./vmexit-points.ts";

/** Made-up prices, ns: what the analysis must find again. */
interface Prices {
  readonly cpuid: number;
  readonly guestCall: number;
  readonly guestAdded: number;
  readonly exitsBefore: number;
}
/** As on ordinary KVM: a guest's call is its own affair. */
const usual: Prices = { cpuid: 3500, guestCall: 60, guestAdded: 3000, exitsBefore: 0 };
const ENTRY = 5000;
const PROCESS_CALL = 2;
const PROCESS_ADDED = 2500;

function costOf({ series, x }: Point, prices: Prices): number {
  const { cpuid, guestCall, guestAdded } = prices;
  const single = new Map([
    [LOOP, 0.5],
    [CALL, 150.5],
    [CPUID, cpuid + 0.5],
    [CPUID_MEDIAN, cpuid + 0.5],
  ]);
  const of = (entry: number, call: number): number => entry + x * call;
  const many = new Map([
    [GUEST, of(ENTRY, guestCall)],
    [GUEST_MONITORED, of(ENTRY, guestCall + guestAdded)],
    [PROCESS, of(1, PROCESS_CALL)],
    [PROCESS_MONITORED, of(1, PROCESS_CALL + PROCESS_ADDED)],
  ]);
  return single.get(series) ?? many.get(series) ?? Number.NaN;
}

function countsOf({ series, x }: Point, { exitsBefore }: Prices): Record<string, number> {
  const isMonitored = series === GUEST_MONITORED || series === PROCESS_MONITORED;
  const base = { calls: x, recorded: isMonitored ? x : 0 };
  if (series === PROCESS || series === PROCESS_MONITORED) return base;
  if (series !== GUEST && series !== GUEST_MONITORED) return {};
  const flat = exitsBefore > 0 ? 1 : 0;
  return { ...base, flat, exits: 1 + x * (exitsBefore + (isMonitored ? 1 : 0)) };
}

function pointsOf(prices: Prices = usual): LabPoint[] {
  return planExits({ quick: false }).map((point): LabPoint => {
    const { series, x, mechanism, parameters, role } = point;
    const cost = costOf(point, prices);
    const values = [cost, cost * 1.01, cost * 0.99];
    const same = { series, x, mechanism, parameters, role, counts: countsOf(point, prices) };
    return { ...same, values, cpuValues: values, linear: true, missing: null };
  });
}

function machineWith(hypervisor: string | null): Machine {
  return Object.assign(Object.create(null), { hypervisor });
}

const analyse = (points: readonly LabPoint[], hypervisor: string | null = "kvm") => {
  const machine = machineWith(hypervisor);
  return vmexit.analyse(new Measured(points), { caches: [], pageBytes: 4096, machine });
};
const verdicts = (points: readonly LabPoint[], hypervisor?: string) =>
  analyse(points, hypervisor).claims.map((one) => one.verdict);
const refused = (why: string) => (point: LabPoint) => ({
  ...point,
  values: [],
  cpuValues: [],
  counts: {},
  linear: null,
  missing: why,
});

test("it finds what a guest's call costs, and what each exit adds", () => {
  const { parameters, models } = analyse(pointsOf());
  const value = (symbol: string) =>
    parameters.find((one) => one.symbol === symbol)?.value.likely ?? Number.NaN;
  expect(value("t")).toBeCloseTo(150, 6);
  expect(value("E_cpuid")).toBeCloseTo(3500, 6);
  expect(value("c")).toBeCloseTo(60, 3);
  expect(value("x E")).toBeCloseTo(3000, 3);
  expect(value("E")).toBeCloseTo(3000, 3);
  expect(value("c_p")).toBeCloseTo(PROCESS_CALL, 3);
  expect(value("E_p")).toBeCloseTo(PROCESS_ADDED, 3);
  expect(models).toHaveLength(2);
  for (const { heldOutError, broken } of models) {
    expect(heldOutError).toBeLessThan(0.001);
    expect(broken).toBeNull();
  }
});

test("dear exits, and all calls recorded: all three claims hold", () => {
  expect(verdicts(pointsOf())).toEqual(["holds", "holds", "holds"]);
});

test("cheap exits are neither heavy nor massive", () => {
  const cheap = { cpuid: 300, guestCall: 1000, guestAdded: 900, exitsBefore: 1 };
  expect(verdicts(pointsOf(cheap))).toEqual(["does not hold", "holds", "does not hold"]);
});

test("an exit that costs less than a call is impossible, so nothing is judged", () => {
  const verdict = "cannot tell here";
  expect(verdicts(pointsOf({ ...usual, cpuid: 20 }))).toEqual([verdict, verdict, verdict]);
});

test("calls that the monitor did not record leave nothing judged", () => {
  const points = pointsOf().map((one) =>
    one.series === GUEST_MONITORED ? { ...one, counts: { ...one.counts, recorded: 0 } } : one,
  );
  expect(new Set(verdicts(points))).toEqual(new Set(["cannot tell here"]));
});

test("outside a guest CPUID does not exit, and decides nothing", () => {
  const { claims, parameters, notes } = analyse(pointsOf({ ...usual, cpuid: 40 }), "none");
  expect(claims.map(({ verdict }) => verdict)).toEqual(["cannot tell here", "holds", "holds"]);
  expect(parameters.find(({ symbol }) => symbol === "E_cpuid")?.meaning).toContain("not exit");
  expect(notes.join()).toContain("this is no guest");
});

test("a guest without the processor's help is said to be one", () => {
  const flat = { cpuid: 3500, guestCall: 1100, guestAdded: 33_000, exitsBefore: 1 };
  expect(analyse(pointsOf(flat)).notes.join()).toContain("do not read these figures");
  expect(analyse(pointsOf()).notes.join()).not.toContain("do not read these figures");
});

test.each(["missing", "no-permission", "unusable", "no-long-mode-guest"])(
  "%s says what it means, and the rest is measured",
  (word) => {
    const why = `measuring guest-call (crossbill-measure: guest-call: ${word} (/dev/kvm): reason)`;
    const points = pointsOf().map((one) =>
      one.mechanism === "guest-call" ? refused(why)(one) : one,
    );
    const { claims, notes, parameters, table } = analyse(points);
    expect(claims.map(({ verdict }) => verdict)).toEqual([
      "holds",
      "cannot tell here",
      "cannot tell here",
    ]);
    expect(claims[1]?.why).toBe(word);
    expect(notes[0]).toMatch(new RegExp(`^${word}: .{30}`));
    expect(parameters.map(({ symbol }) => symbol)).toEqual(["t", "E_cpuid", "c_p", "E_p"]);
    expect(table.rows.flat()).toContain("not measured");
  },
);

test("whatever is missing, the rest is analysed and nothing is made up", () => {
  const all = pointsOf();
  for (const absent of new Set(all.map(({ series }) => series))) {
    const points = all.map((one) => (one.series === absent ? refused("refused here")(one) : one));
    const analysis = analyse(points);
    expect(analysisSchema.parse(analysis)).toEqual(analysis);
    expect(JSON.stringify(analysis)).not.toMatch(/NaN|undefined|Infinity/);
  }
});

test("with nothing at all there are no figures and no verdicts", () => {
  const analysis = analyse(pointsOf().map(refused("refused here")), null);
  expect(analysis.parameters).toEqual([]);
  expect(analysis.models).toEqual([]);
  expect(analysis.charts).toEqual([]);
  expect(new Set(analysis.claims.map(({ verdict }) => verdict))).toEqual(
    new Set(["cannot tell here"]),
  );
  expect(JSON.stringify(analysis)).not.toMatch(/NaN|undefined|Infinity/);
});

test("a kernel that counts no exits leaves the count open, not the claim", () => {
  const points = pointsOf().map((one) => {
    const { exits: _, ...counts } = one.counts;
    return { ...one, counts };
  });
  const { claims, table } = analyse(points);
  expect(claims[1]).toMatchObject({ verdict: "holds" });
  expect(claims[1]?.why).toContain("counts no exits");
  expect(table.rows.find(([what]) => what === GUEST)?.[2]).toBe("-");
});
