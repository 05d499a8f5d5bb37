/** ipc-model: a message as what it takes to synchronise and what its bytes cost. */
import { type FittedModel, type Interval, type LinearFit, median } from "@crossbill/core";
import { contest, ratiosOf } from "../contest.ts";
import { fittedModel, type NamedPoint, tryFit } from "../fitted-model.ts";
import { split } from "../knots.ts";
import { countOf, type Measured } from "../measured.ts";
import { bytes } from "../text.ts";
import { knots, type Placement, placements, seriesOf, type Way, ways } from "./ipc-points.ts";

export interface FittedWay {
  readonly way: Way;
  readonly placement: Placement;
  readonly fit: LinearFit;
  readonly points: readonly NamedPoint[];
  /** Sizes at which a price per byte was fitted. */
  readonly knots: readonly number[];
}

/** T(m) = σ + m b(m): with as many b as there are fitted points at knots. */
function fitWay(measured: Measured, way: Way, placement: Placement): FittedWay | null {
  const series = seriesOf(way, placement);
  const all = measured.series(series);
  const at = knots.filter((knot) => all.some(({ x, role }) => x === knot && role === "fit"));
  if (at.length === 0) return null;
  const points = measured.fitPoints(series, ({ x }) => [1, ...split(x, x, at)]);
  const shown = all.filter(({ role }) => role !== "shown");
  const named = points.map((point, index) => ({
    ...point,
    named: `${series}, ${bytes(shown[index]?.x ?? 0)}`,
  }));
  const fit = tryFit(named);
  return fit === null ? null : { way, placement, fit, points: named, knots: at };
}

export function fitAll(measured: Measured): readonly FittedWay[] {
  return placements.flatMap(({ name }) =>
    ways.flatMap((way) => {
      const fit = fitWay(measured, way, name);
      return fit === null ? [] : [fit];
    }),
  );
}

export function predictWay({ fit, knots: at }: FittedWay, size: number): number {
  const amounts = [1, ...split(size, size, at)];
  return amounts.reduce((sum, n, index) => sum + n * (fit.prices[index]?.likely ?? 0), 0);
}

/** The price of a byte of a message of `size`, if it was fitted there. */
export function bytePrice({ fit, knots: at }: FittedWay, size: number): Interval | undefined {
  const index = at.indexOf(size);
  return index === -1 ? undefined : fit.prices[index + 1];
}

/** One model for each placement, judged over all its ways. */
export function modelsOf(fits: readonly FittedWay[]): FittedModel[] {
  return placements.flatMap(({ name }) => {
    const here = fits.filter(({ placement }) => placement === name);
    if (here.length === 0) return [];
    const points = here.flatMap((one) => one.points);
    const residuals = here.flatMap(({ fit }) => fit.residuals);
    const errors = (heldOut: boolean) =>
      residuals.flatMap((residual, at) =>
        points[at]?.heldOut === heldOut && Number.isFinite(residual) ? [Math.abs(residual)] : [],
      );
    const heldOut = errors(true);
    const heldOutError = heldOut.length === 0 ? null : median(heldOut);
    const pooled = { prices: [], fitError: median(errors(false)), heldOutError, residuals };
    return [fittedModel(`T(m) = σ + m b(m), each way, ${name}`, pooled, points)];
  });
}

/** ns on a CPU that a message takes, of both sides; null when it was not measured. */
export function bothSidesCpu(measured: Measured, series: string, size: number): number | null {
  const point = measured.point(series, size);
  const peer = countOf(point, "peerCpuNs");
  if (point === undefined || point.cpuValues.length === 0 || !Number.isFinite(peer)) return null;
  return median(point.cpuValues) + peer;
}

export interface Rivalry {
  /** The sizes at which one of the two is cheaper beyond doubt, and the costs of the rival there. */
  readonly decided: readonly { readonly x: number; readonly ratio: number }[];
  /** Sizes at which both were measured. */
  readonly sizes: number;
  /** Where it turns, once; null: never, or to and fro. */
  readonly at: Interval | null;
  readonly rival: "always" | "never" | "above" | "below" | "by turns" | "unknown";
}

/** At which sizes `rival` is cheaper than `usual`. */
export function rivalry(measured: Measured, usual: string, rival: string): Rivalry {
  const all = measured.series(usual).flatMap((one) => {
    const found = contest(bytes(one.x), ratiosOf(one, measured.point(rival, one.x)));
    return found === null ? [] : [{ ...found, x: one.x }];
  });
  const decided = all.filter((one) => one.decided).map(({ x, ratio }) => ({ x, ratio }));
  const turns = decided.flatMap((after, index) => {
    const before = decided[index - 1];
    return before && before.ratio < 1 !== after.ratio < 1 ? [{ before, after }] : [];
  });
  const same = { decided, sizes: all.length };
  const [first, turn] = [decided[0], turns[0]];
  if (first === undefined) return { ...same, at: null, rival: "unknown" };
  if (turn === undefined) return { ...same, at: null, rival: first.ratio < 1 ? "always" : "never" };
  if (turns.length > 1) return { ...same, at: null, rival: "by turns" };
  const { before, after } = turn;
  // On the line between the two, both axes logarithmic; no more is known than that it lies there.
  const along = Math.log(before.ratio) / Math.log(before.ratio / after.ratio);
  const likely = before.x * (after.x / before.x) ** along;
  const at = { low: before.x, likely, high: after.x };
  return { ...same, at, rival: first.ratio < 1 ? "below" : "above" };
}
