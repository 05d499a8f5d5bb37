/** perspective-model: waiting as a price of its own beside the crossing and the work. */
import {
  type BreakEven,
  type CostOf,
  type FitPoint,
  type FittedModel,
  type FittedParameter,
  fitLinear,
  type Interval,
  type LabPoint,
  type LinearFit,
  median,
} from "@crossbill/core";
import { fittedModel, undisturbed } from "../fitted-model.ts";
import type { Measured } from "../measured.ts";
import { duration, figure, share } from "../text.ts";
import { type Device, deviceNames, seriesOf, type Way } from "./perspective-points.ts";

/** Below this share of the time a change is not worth its work (the tenth rule of measuring). */
export const WORTHWHILE = 0.03;

interface Shape {
  readonly name: "calls" | "turns" | "cold depth" | "slow depth";
  readonly formula: string;
  readonly series: readonly (readonly [Device, Way])[];
  readonly prices: readonly (readonly [symbol: string, meaning: string])[];
  readonly amounts: (device: Device, x: number) => readonly number[];
  /** By what rounds: a limiter also lets reads through early, so its median is nearer than its least. */
  readonly costOf: CostOf;
}

function depthShape(name: Shape["name"], device: Device, mark: string, costOf: CostOf): Shape {
  const where = deviceNames[device];
  return {
    name,
    formula: `${where}, Q under way: T/k = c${mark} + D${mark}/Q`,
    series: [[device, "by depth"]],
    prices: [
      [`c${mark}`, `a read with any number under way, ${where}`],
      [`D${mark}`, `waiting that reads under way share, ${where}`],
    ],
    amounts: (_, depth) => [1, 1 / depth],
    costOf,
  };
}

const shapes: readonly Shape[] = [
  {
    name: "calls",
    formula: "nothing waits, B in a call: T/k = q + E/B",
    series: [["warm", "by batch at once"]],
    prices: [
      ["q", "a request for a resident page"],
      ["E", "entering once for a batch"],
    ],
    amounts: (_, batch) => [1, 1 / batch],
    costOf: undisturbed,
  },
  {
    name: "turns",
    formula: "one after another, B in a call: T/k = qt + Et/B + W",
    series: [
      ["warm", "by batch in turn"],
      ["cold", "by batch in turn"],
      ["throttled", "by batch in turn"],
    ],
    prices: [
      ["qt", "a request that another one follows in its turn"],
      ["Et", "entering once for a chain of requests"],
      ["Wc", `waiting for a read, ${deviceNames.cold}`],
      ["Ws", `waiting for a read, ${deviceNames.throttled}`],
    ],
    amounts: (device, batch) => [
      1,
      1 / batch,
      device === "cold" ? 1 : 0,
      device === "throttled" ? 1 : 0,
    ],
    costOf: undisturbed,
  },
  depthShape("cold depth", "cold", "c", undisturbed),
  depthShape("slow depth", "throttled", "s", median),
];

export interface Fitted {
  readonly shape: Shape;
  readonly fit: LinearFit;
  readonly points: readonly LabPoint[];
  /** Prices that no point is about; they are not told. */
  readonly absent: ReadonlySet<number>;
}

export type Models = ReadonlyMap<Shape["name"], Fitted>;

export function fitAll(measured: Measured): Models {
  return new Map(
    shapes.flatMap((shape) => {
      const found = fitOne(measured, shape);
      return found === null ? [] : [[shape.name, found] as const];
    }),
  );
}

function fitOne(measured: Measured, shape: Shape): Fitted | null {
  const points = shape.series.flatMap(([device, way]) =>
    measured.series(seriesOf(device, way)).filter(({ role }) => role !== "shown"),
  );
  const fitPoints = shape.series.flatMap(([device, way]) =>
    measured.fitPoints(seriesOf(device, way), ({ x }) => shape.amounts(device, x)),
  );
  const seen = fitPoints.filter(({ heldOut }) => !heldOut).map(({ amounts }) => amounts);
  const absent = new Set(
    shape.prices.flatMap((_, at) => (seen.some((row) => (row[at] ?? 0) > 0) ? [] : [at])),
  );
  const kept = (row: readonly number[]): number[] => row.filter((_, at) => !absent.has(at));
  // A held-out point of a device that no fitted point is about cannot be predicted.
  const usable = fitPoints.filter(
    ({ amounts }) => !amounts.some((a, at) => a > 0 && absent.has(at)),
  );
  if (!canFit(usable, kept)) return null;
  const rows = usable.map((point) => ({ ...point, amounts: kept(point.amounts) }));
  const fit = fitLinear(rows, shape.costOf);
  const predicted = points.filter((_, at) => usable.includes(fitPoints[at] ?? NOTHING));
  return { shape, fit, points: predicted, absent };
}

const NOTHING: FitPoint = { values: [], amounts: [], heldOut: false };

/** As many different rows as prices, and none of the first two prices without a change. */
function canFit(
  points: readonly FitPoint[],
  kept: (row: readonly number[]) => readonly number[],
): boolean {
  const rows = points.filter(({ heldOut }) => !heldOut).map(({ amounts }) => kept(amounts));
  const width = rows[0]?.length ?? 0;
  const different = new Set(rows.map((row) => row.join(" "))).size;
  const batches = new Set(rows.map((row) => row[1])).size;
  return width > 1 && different >= width && batches > 1;
}

/** The price of one symbol; null when its model has none. */
export function priceOf(models: Models, symbol: string): Interval | null {
  for (const { shape, fit, absent } of models.values()) {
    const at = shape.prices.findIndex(([one]) => one === symbol);
    if (at < 0 || absent.has(at)) continue;
    const before = [...absent].filter((one) => one < at).length;
    return fit.prices[at - before] ?? null;
  }
  return null;
}

export function parametersOf(models: Models): FittedParameter[] {
  return [...models.values()].flatMap(({ shape }) =>
    shape.prices.flatMap(([symbol, meaning]) => {
      const value = priceOf(models, symbol);
      return value === null ? [] : [{ symbol, meaning, unit: "ns", value }];
    }),
  );
}

export function modelsOf(models: Models): FittedModel[] {
  return [...models.values()].map(({ shape, fit, points }) => {
    const named = points.map(({ series, x }) => ({ named: `${series}, at ${figure(x)}` }));
    return fittedModel(shape.formula, fit, named);
  });
}

export function breakEvensOf(models: Models): BreakEven[] {
  return [waitBreakEven(models), depthBreakEven(models)].filter((one) => one !== null);
}

/** Longer waiting than this leaves fewer calls less than WORTHWHILE to save. */
function waitBreakEven(models: Models): BreakEven | null {
  const enter = priceOf(models, "E");
  const request = priceOf(models, "q");
  if (enter === null || request === null) return null;
  // E / (E + q + W) = WORTHWHILE
  const from = (e: number, q: number): number => Math.max(0, e / WORTHWHILE - e - q);
  const at = {
    low: from(enter.low, request.high),
    likely: from(enter.likely, request.likely),
    high: from(enter.high, request.low),
  };
  const text =
    `where a read waits longer than ${duration(at.likely)}, ` +
    `one call instead of many saves less than ${share(WORTHWHILE)}`;
  return { text, at, unit: "ns of waiting" };
}

/** Where half of what depth can bring is there: c = D/Q. */
function depthBreakEven(models: Models): BreakEven | null {
  const rest = priceOf(models, "cc");
  const shared = priceOf(models, "Dc");
  if (rest === null || shared === null || rest.low <= 0) return null;
  const at = {
    low: Math.max(1, shared.low / rest.high),
    likely: Math.max(1, shared.likely / rest.likely),
    high: Math.max(1, shared.high / rest.low),
  };
  const text =
    `with ${figure(at.likely)} reads under way at once, half of a read's time on this disk ` +
    "is waiting that they share; more gain less and less";
  return { text, at, unit: "reads under way" };
}

/** What the model of one depth says a read costs. */
export function predictDepth(models: Models, name: Shape["name"], depth: number): number {
  const prices = models.get(name)?.fit.prices ?? [];
  return (prices[0]?.likely ?? 0) + (prices[1]?.likely ?? 0) / depth;
}
