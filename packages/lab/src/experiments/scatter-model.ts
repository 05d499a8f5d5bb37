/** scatter-model: what a piece costs by each mechanism, as prices times amounts. */
import {
  type BreakEven,
  type FitPoint,
  type FittedModel,
  type FittedParameter,
  fitLinear,
  type Interval,
  type LabPoint,
  type LinearFit,
} from "@crossbill/core";
import { fittedModel } from "../fitted-model.ts";
import type { Measured } from "../measured.ts";
import { bytes, figure } from "../text.ts";
import {
  aio,
  type By,
  type Mechanism,
  MOST_PIECES,
  pread,
  preadv,
  seekRead,
  seriesOf,
  through,
  uring,
  uringAll,
  uringFile,
} from "./scatter-points.ts";

interface Amounts {
  readonly pieces: number;
  readonly bytes: number;
  readonly gap: number;
}

/** What was read at a point. */
export function amountsOf({ parameters }: LabPoint): Amounts {
  const number = (name: string): number => Number(parameters[name] ?? 0);
  return { pieces: number("pieces"), bytes: number("bytes"), gap: number("gap") };
}

type Price = readonly [symbol: string, meaning: string, unit: string];

/** The model of one mechanism: the cost of a piece, ns. */
interface Shape {
  readonly mechanism: Mechanism;
  readonly by: readonly By[];
  readonly formula: string;
  readonly prices: readonly Price[];
  readonly amounts: (of: Amounts) => readonly number[];
}

const alone = ({ bytes: size }: Amounts): number[] => [1, size];
const batched = ({ pieces, bytes: size }: Amounts): number[] => [1 / pieces, 1, size];

function batchShape(mechanism: Mechanism, mark: string): Shape {
  return {
    mechanism,
    by: ["pieces", "bytes"],
    formula: `${mechanism.name}: T/k = E${mark}/k + q${mark} + b${mark} m`,
    prices: [
      [`E${mark}`, `entering once for a batch, ${mechanism.name}`, "ns"],
      [`q${mark}`, `each request of it, ${mechanism.name}`, "ns"],
      [`b${mark}`, `a byte copied, ${mechanism.name}`, "ns"],
    ],
    amounts: batched,
  };
}

const shapes: readonly Shape[] = [
  {
    mechanism: pread,
    by: ["pieces", "bytes", "gap"],
    formula: "pread: T/k = s + b m",
    prices: [
      ["s", "a pread without its bytes", "ns"],
      ["b", "a byte copied, pread", "ns"],
    ],
    amounts: alone,
  },
  {
    mechanism: seekRead,
    by: ["bytes"],
    formula: "lseek and read: T/k = s' + b' m",
    prices: [
      ["s'", "an lseek and a read without its bytes", "ns"],
      ["b'", "a byte copied, lseek and read", "ns"],
    ],
    amounts: alone,
  },
  {
    mechanism: preadv,
    by: ["pieces", "bytes"],
    formula: "preadv, contiguous: T/k = sv/k + v + bv m",
    prices: [
      ["sv", "a preadv without its buffers", "ns"],
      ["v", "each buffer of it", "ns"],
      ["bv", "a byte copied, preadv", "ns"],
    ],
    amounts: batched,
  },
  batchShape(uring, "u"),
  batchShape(uringFile, "f"),
  batchShape(uringAll, "r"),
  batchShape(aio, "a"),
  {
    mechanism: through,
    by: ["gap"],
    formula: "reading through the gaps: T/k = st/k + bt (m + g (k-1)/k)",
    prices: [
      ["st", "the one pread through all gaps, without its bytes", "ns"],
      ["bt", "a byte copied, reading through", "ns"],
    ],
    amounts: ({ pieces, bytes: size, gap }) => [1 / pieces, size + (gap * (pieces - 1)) / pieces],
  },
];

export interface Fitted {
  readonly shape: Shape;
  readonly fit: LinearFit;
  readonly points: readonly LabPoint[];
}

/** Every model that the points can carry, by the name of its mechanism. */
export function fitAll(measured: Measured): ReadonlyMap<string, Fitted> {
  const found = shapes.map((shape) => fitOne(measured, shape));
  return new Map(found.flatMap((one) => (one ? [[one.shape.mechanism.name, one] as const] : [])));
}

function fitOne(measured: Measured, shape: Shape): Fitted | null {
  const names = shape.by.map((by) => seriesOf(shape.mechanism, by));
  const amounts = (point: LabPoint) => shape.amounts(amountsOf(point));
  const points = names.flatMap((name) =>
    measured.series(name).filter(({ role }) => role !== "shown"),
  );
  const fitPoints = names.flatMap((name) => measured.fitPoints(name, amounts));
  return canFit(fitPoints) ? { shape, fit: fitLinear(fitPoints), points } : null;
}

/** Each price needs a point of its own to show in: as many different amounts as there are prices. */
function canFit(points: readonly FitPoint[]): boolean {
  const seen = points.filter(({ heldOut }) => !heldOut).map(({ amounts }) => amounts);
  const width = points[0]?.amounts.length ?? 0;
  const differs = Array.from({ length: width }, (_, at) => new Set(seen.map((row) => row[at])));
  const fixed = differs.filter(({ size }) => size < 2).length;
  return width > 0 && seen.length >= width && fixed <= 1;
}

export function parametersOf(models: ReadonlyMap<string, Fitted>): FittedParameter[] {
  return [...models.values()].flatMap(({ shape, fit }) =>
    shape.prices.flatMap(([symbol, meaning, unit], at) => {
      const value = fit.prices[at];
      return value === undefined ? [] : [{ symbol, meaning, unit, value }];
    }),
  );
}

export function modelsOf(
  models: ReadonlyMap<string, Fitted>,
  nearBytes: number | null,
): FittedModel[] {
  return [...models.values()].map(({ shape, fit, points }) => {
    const named = points.map((point) => ({ named: nameOf(shape, point, nearBytes) }));
    return fittedModel(shape.formula, fit, named);
  });
}

/** A point, and that it left the cache where it did: the model does not know of caches. */
function nameOf(shape: Shape, point: LabPoint, nearBytes: number | null): string {
  const { pieces, bytes: size, gap } = amountsOf(point);
  const gaps = shape.mechanism === through ? (pieces - 1) * gap : 0;
  const touched = 2 * (pieces * size + gaps);
  const far = nearBytes !== null && touched > nearBytes;
  const where = `${pieces.toLocaleString("en-US")} pieces of ${bytes(size)}, ${bytes(gap)} apart`;
  const why = far ? ` (source and buffers, ${bytes(touched)}, outgrow the cache of one core)` : "";
  return `${where}${why}`;
}

/** The price of one symbol; null when its model has none. */
export function priceOf(models: ReadonlyMap<string, Fitted>, symbol: string): Interval | null {
  for (const { shape, fit } of models.values()) {
    const at = shape.prices.findIndex(([one]) => one === symbol);
    if (at >= 0) return fit.prices[at] ?? null;
  }
  return null;
}

/** What the model says a piece costs; null without a model. */
export function predict(
  models: ReadonlyMap<string, Fitted>,
  { name }: Mechanism,
  amounts: Amounts,
): number | null {
  const model = models.get(name);
  if (model === undefined) return null;
  return model.shape
    .amounts(amounts)
    .reduce((sum, amount, at) => sum + amount * (model.fit.prices[at]?.likely ?? 0), 0);
}

export function breakEvensOf(models: ReadonlyMap<string, Fitted>): BreakEven[] {
  const found = [gapBreakEven(models)];
  for (const [mechanism, mark] of [
    [uring, "u"],
    [uringFile, "f"],
    [uringAll, "r"],
    [aio, "a"],
  ] as const)
    found.push(batchBreakEven(models, mechanism, mark));
  return found.filter((one) => one !== null);
}

/** Below this gap one call that reads it too is cheaper than a second call. */
function gapBreakEven(models: ReadonlyMap<string, Fitted>): BreakEven | null {
  const call = priceOf(models, "s");
  const byte = priceOf(models, "bt");
  if (call === null || byte === null || byte.low <= 0) return null;
  const at = {
    low: call.low / byte.high,
    likely: call.likely / byte.likely,
    high: call.high / byte.low,
  };
  const text =
    `a gap of less than ${bytes(at.likely)} is cheaper to read through ` +
    "than to step over with a second pread";
  return { text, at, unit: "bytes of gap" };
}

/** From this many pieces on the batch is cheaper than as many preads. */
function batchBreakEven(
  models: ReadonlyMap<string, Fitted>,
  { name }: Mechanism,
  mark: string,
): BreakEven | null {
  const call = priceOf(models, "s");
  const enter = priceOf(models, `E${mark}`);
  const request = priceOf(models, `q${mark}`);
  if (call === null || enter === null || request === null) return null;
  const from = (setUp: number, saved: number): number =>
    saved > 0 ? Math.min(MOST_PIECES, Math.max(1, setUp / saved)) : MOST_PIECES;
  const likely = from(enter.likely, call.likely - request.likely);
  const unit = "pieces in a batch";
  if (likely >= MOST_PIECES) {
    return { text: `${name} never beats separate preads on resident pieces`, at: null, unit };
  }
  const at = {
    low: Math.min(likely, from(enter.low, call.high - request.low)),
    likely,
    high: Math.max(likely, from(enter.high, call.low - request.high)),
  };
  const first = figure(Math.ceil(likely));
  return { text: `${name} beats separate preads from batches of ${first} pieces on`, at, unit };
}
