/** libos-model: dispatch by the depth of its search, and handlers by the cache lines they miss. */
import type { FittedModel, LabPoint, LinearFit } from "@crossbill/core";
import type { Scope } from "../experiment.ts";
import { fittedModel, type NamedPoint, tryFit } from "../fitted-model.ts";
import { countOf, type Measured } from "../measured.ts";
import { bytes } from "../text.ts";
import { bodies, codeSeries, dispatchSeries, type Way } from "./libos-points.ts";

const LINE_BYTES = 64;
/** Where the machine does not say. */
const USUAL_L1_BYTES = 32 << 10;
const USUAL_L2_BYTES = 256 << 10;

export interface Fitted {
  readonly fit: LinearFit;
  readonly model: FittedModel;
}

function fitted(formula: string, points: readonly NamedPoint[]): Fitted | null {
  const fit = tryFit(points);
  return fit === null ? null : { fit, model: fittedModel(formula, fit, points) };
}

function named(
  measured: Measured,
  series: string,
  name: (point: LabPoint) => string,
  amounts: (point: LabPoint) => readonly number[],
): NamedPoint[] {
  return measured
    .series(series)
    .filter(({ role }) => role !== "shown")
    .map((point) => ({
      values: point.values,
      amounts: amounts(point),
      heldOut: point.role === "held-out",
      named: name(point),
    }));
}

/** T(n) = a + h log2 n, for calls in random order. */
export function fitDepth(measured: Measured, way: Way): Fitted | null {
  const series = dispatchSeries(way, "random");
  const points = named(
    measured,
    series,
    ({ x }) => `n = ${x}`,
    ({ x }) => [1, Math.ceil(Math.log2(x))],
  );
  return fitted(`T(n) = a + h log2 n (${series})`, points);
}

export interface Caches {
  readonly l1: number;
  readonly l2: number;
}

/** What holds code: the instruction cache, as the processor told a mechanism, and the second level. */
export function codeCaches(measured: Measured, { caches }: Pick<Scope, "caches">): Caches {
  const told = measured.points
    .map((point) => countOf(point, "instructionCacheBytes"))
    .find((size) => size > 0);
  const l1 = told ?? caches.find(({ level }) => level === 1)?.bytes ?? USUAL_L1_BYTES;
  return { l1, l2: caches.find(({ level }) => level === 2)?.bytes ?? USUAL_L2_BYTES };
}

/** Share of a random walk over `footprint` bytes of code that a cache cannot hold. */
export function missed(footprint: number, cache: number): number {
  return Math.max(0, 1 - cache / footprint);
}

/** Prices of fitCode, by their place. */
export const CODE = { base: 0, line: 1, call: 2, l1: 3, l2: 4 } as const;

/**
 * T = a + e lines + P1 (j + m1 lines) + P2 m2 lines: each line is executed; the share P1 that L1
 * does not hold is fetched from L2, after a jump that nobody foresaw; the share P2 from further off.
 */
export function codeAmounts(n: number, size: number, caches: Caches): readonly number[] {
  const lines = Math.ceil(size / LINE_BYTES);
  const [p1, p2] = [missed(n * size, caches.l1), missed(n * size, caches.l2)];
  return [1, lines, p1, p1 * lines, p2 * lines];
}

export function fitCode(measured: Measured, caches: Caches): Fitted | null {
  const points = bodies.flatMap((n) =>
    named(
      measured,
      codeSeries(n),
      ({ x }) => `${n} handlers of ${bytes(x)}`,
      ({ x }) => codeAmounts(n, x, caches),
    ),
  );
  return fitted("T = a + e lines + P1 (j + m1 lines) + P2 m2 lines (code)", points);
}
