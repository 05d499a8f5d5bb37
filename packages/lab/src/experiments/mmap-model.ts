/** mmap-model: what reading costs and what mapping costs, as sums of prices. */
import type { FittedModel, Interval, LabPoint, LinearFit } from "@crossbill/core";
import { fittedModel, type NamedPoint, tryFit } from "../fitted-model.ts";
import { split } from "../knots.ts";
import { countOf, type Measured } from "../measured.ts";
import { bytes } from "../text.ts";
import {
  CHUNKED,
  KEPT,
  knots,
  MAP,
  MAP_SMALL,
  MIDDLE,
  PAGE,
  PASSES,
  pageKnots,
  READ,
  READ_SMALL,
  SPARSE,
  SPARSE_BYTES,
  WINDOW,
} from "./mmap-points.ts";

export interface Fitted {
  readonly fit: LinearFit;
  readonly model: FittedModel;
}

const none = pageKnots.map(() => 0);

/** Calls; pages looked up one by one, beyond those in larger folios; bytes. */
function readAmounts(size: number, chunk: number, isSmall: boolean): number[] {
  const pages = isSmall ? split(size / PAGE, size, pageKnots) : none;
  return [size / chunk, ...pages, ...split(size, size, knots)];
}

/** The mapping; faults; pages that lie singly, and pages in larger folios; bytes. */
function mapAmounts(
  size: number,
  faults: number,
  { isSmall, passes = 1 }: { isSmall: boolean; passes?: number },
): number[] {
  const pages = split(size / PAGE, size, pageKnots);
  const both = isSmall ? [...pages, ...none] : [...none, ...pages];
  return [1, faults, ...both, ...split(size * passes, size, knots)];
}

/** Using alone what was mapped before. */
function keptAmounts(size: number): number[] {
  return [0, 0, ...none, ...none, ...split(size, size, knots)];
}

/** The prices of a fitted model by what they are for; by knot where there are several. */
export function readPrices({ fit }: Fitted): {
  readonly call: Interval | undefined;
  readonly pages: readonly Interval[];
  readonly bytes: readonly Interval[];
} {
  const [call, ...rest] = fit.prices;
  const at = pageKnots.length;
  return { call, pages: rest.slice(0, at), bytes: rest.slice(at) };
}

export function mapPrices({ fit }: Fitted): {
  readonly mapping: Interval | undefined;
  readonly fault: Interval | undefined;
  readonly singlePages: readonly Interval[];
  readonly folioPages: readonly Interval[];
  readonly bytes: readonly Interval[];
} {
  const [mapping, fault, ...rest] = fit.prices;
  const at = pageKnots.length;
  const [singlePages, folioPages] = [rest.slice(0, at), rest.slice(at, 2 * at)];
  return { mapping, fault, singlePages, folioPages, bytes: rest.slice(2 * at) };
}

function named(
  points: readonly LabPoint[],
  amounts: (point: LabPoint) => readonly number[],
  name: (point: LabPoint) => string,
): NamedPoint[] {
  return points
    .map((point) => ({
      values: point.values,
      amounts: amounts(point),
      heldOut: point.role === "held-out",
      named: name(point),
    }))
    .filter((point) => point.amounts.every((amount) => Number.isFinite(amount)));
}

function fitted(points: readonly NamedPoint[], formula: string): Fitted | null {
  const fit = tryFit(points);
  return fit === null ? null : { fit, model: fittedModel(formula, fit, points) };
}

export function fitRead(measured: Measured): Fitted | null {
  const at = ({ series, x }: LabPoint) => `${series}, ${bytes(x)}`;
  return fitted(
    [
      ...named(measured.series(READ), ({ x }) => readAmounts(x, WINDOW, false), at),
      ...named(measured.series(READ_SMALL), ({ x }) => readAmounts(x, WINDOW, true), at),
      ...named(measured.series(CHUNKED), ({ x }) => readAmounts(MIDDLE, x, false), at),
    ],
    "T_read = N/c s + pages g(N) + N b(N)",
  );
}

export function fitMap(measured: Measured): Fitted | null {
  const at = ({ series, x }: LabPoint) => `${series}, ${bytes(x)}`;
  const faults = (point: LabPoint) => countOf(point, "faults");
  const sized = (isSmall: boolean) => (point: LabPoint) =>
    mapAmounts(point.x, faults(point), { isSmall });
  return fitted(
    [
      ...named(measured.series(MAP), sized(false), at),
      ...named(measured.series(MAP_SMALL), sized(true), at),
      ...named(measured.series(KEPT), ({ x }) => keptAmounts(x), at),
      ...named(
        measured.series(SPARSE),
        (point) => mapAmounts(SPARSE_BYTES, faults(point), { isSmall: true }),
        ({ x }) => `${x} of 16 pages cached`,
      ),
      ...named(
        measured.series(PASSES),
        (point) => mapAmounts(MIDDLE, faults(point), { isSmall: false, passes: point.x }),
        ({ x }) => `${x} passes`,
      ),
    ],
    "T_mmap = M + faults f + pages p(N) + passes N b'(N)",
  );
}

const predicted = ({ fit }: Fitted, amounts: readonly number[]): number =>
  amounts.reduce((sum, amount, at) => sum + amount * (fit.prices[at]?.likely ?? 0), 0);

export function predictRead(model: Fitted, size: number): number {
  return predicted(model, readAmounts(size, WINDOW, false));
}

/** `perFault` pages are mapped at each fault. */
export function predictMap(model: Fitted, size: number, perFault: number): number {
  const faults = Math.ceil(size / PAGE / perFault);
  return predicted(model, mapAmounts(size, faults, { isSmall: false }));
}

/** A page of a sparse file, when each fault maps `perFault` of them. */
export function predictSparsePage(model: Fitted, perFault: number): number {
  const pages = SPARSE_BYTES / PAGE;
  return predicted(model, mapAmounts(SPARSE_BYTES, pages / perFault, { isSmall: true })) / pages;
}

/** Pages mapped at each fault; NaN when faults were not counted or none was taken. */
export function pagesPerFault(point: LabPoint | undefined): number {
  const faults = countOf(point, "faults");
  return faults > 0 ? countOf(point, "pages") / faults : Number.NaN;
}
