/** chunks-model: a read as a fixed cost and a cost per byte, which depends on where the bytes are. */
import type { FittedModel, Interval, LabPoint, LinearFit } from "@crossbill/core";
import { fittedModel, type NamedPoint, tryFit, type Wrong, worstOf } from "../fitted-model.ts";
import type { Measured } from "../measured.ts";
import { bytes } from "../text.ts";
import { type Knot, PAGE } from "./chunks-points.ts";

/** One regime: points and what the model makes of them. */
export interface Fitted {
  readonly points: readonly NamedPoint[];
  readonly fit: LinearFit;
  readonly model: FittedModel;
  /** The point it is most wrong about. */
  readonly worst: Wrong | null;
}

function fitted(
  measured: Measured,
  series: string,
  formula: string,
  amounts: (point: LabPoint) => readonly number[],
  within: (point: LabPoint) => boolean = () => true,
): Fitted | null {
  const kept = measured.series(series).filter((point) => within(point));
  const points = kept.map((point) => ({
    values: point.values,
    amounts: amounts(point),
    heldOut: point.role === "held-out",
    named: bytes(point.x),
  }));
  const fit = tryFit(points);
  if (fit === null) return null;
  const model = fittedModel(`${formula} (${series})`, fit, points);
  return { points, fit, model, worst: worstOf(fit, points) };
}

/** T(c) = s + b c, over the chunks up to `upTo`. */
export function fitLine(
  measured: Measured,
  series: string,
  upTo = Number.POSITIVE_INFINITY,
): Fitted | null {
  const formula = Number.isFinite(upTo)
    ? `T(c) = s + b c up to ${bytes(upTo)}`
    : "T(c) = s + b c for all c";
  return fitted(
    measured,
    series,
    formula,
    ({ x }) => [1, x],
    ({ x }) => x <= upTo,
  );
}

/** Shares of each knot in the copy price of `size`: linear in the logarithm between two. */
export function shares(knots: readonly Knot[], size: number): number[] {
  const after = knots.findIndex(({ bytes: at }) => size <= at);
  const right = after === -1 ? knots.length - 1 : after;
  const left = Math.max(0, after === -1 ? right : right - 1);
  const [from, to] = [knots[left]?.bytes ?? 1, knots[right]?.bytes ?? 1];
  const along = from === to ? 1 : Math.max(0, Math.log2(size / from) / Math.log2(to / from));
  return knots.map((_, at) => {
    if (at === right) return along;
    return at === left ? 1 - along : 0;
  });
}

/** T(c) = s + b(c) c, with one b for each tier of caches. */
export function fitTiers(
  measured: Measured,
  series: string,
  knots: readonly Knot[],
): Fitted | null {
  const amounts = ({ x }: LabPoint) => [1, ...shares(knots, x).map((share) => share * x)];
  return fitted(measured, series, "T(c) = s + b(c) c, b by tier", amounts);
}

/**
 * T(c) = s + b c + p pages beyond the first, up to `upTo`: a file in the cache is looked up page by
 * page, and its next page is not yet near the processor.
 */
export function fitPages(measured: Measured, series: string, upTo: number): Fitted | null {
  const amounts = ({ x }: LabPoint) => [1, x, Math.max(0, Math.ceil(x / PAGE) - 1)];
  const formula = `T(c) = s + b c + p (pages - 1) up to ${bytes(upTo)}`;
  return fitted(measured, series, formula, amounts, ({ x }) => x <= upTo);
}

/** Where `s` is the share 1 - `peak` of a read: peak / (1 - peak) s / b. */
export function chunkForShare({ fit }: Fitted, peak: number): Interval | null {
  const [s, b] = fit.prices;
  if (s === undefined || b === undefined || !(b.low > 0)) return null;
  const of = (fixed: number, each: number) => ((peak / (1 - peak)) * fixed) / each;
  return {
    low: of(s.low, b.high),
    likely: of(s.likely, b.likely),
    high: of(s.high, b.low),
  };
}
