/** fitted-model: a fit as the report shows it, and fits of points that may be missing. */
import {
  type CostOf,
  type FitPoint,
  type FittedModel,
  fitLinear,
  type LinearFit,
  median,
} from "@crossbill/core";
import { LOW_QUANTILE, quantile } from "./estimate.ts";
import { share } from "./text.ts";

/** A model with a larger median error, seen or unseen, does not describe the machine. */
const MODEL_ERROR = 0.1;
/** A point with a larger error is a regime of its own (the ninth rule of honest measurement). */
export const LARGE_RESIDUAL = 0.15;

/** What a reader calls a point: "4 KiB". */
export interface Named {
  readonly named: string;
}

/** A point of a model with its name. */
export interface NamedPoint extends FitPoint, Named {}

/**
 * What a point costs undisturbed. Where two processes and the kernel's own work share the CPUs of a
 * virtual machine, most rounds are disturbed somewhere, and all disturbances add.
 */
export const undisturbed: CostOf = (values) => quantile(values, LOW_QUANTILE);

/** null when the points are too few to tell the prices, or say nothing of one of them. */
export function tryFit(points: readonly FitPoint[], costOf: CostOf = median): LinearFit | null {
  const usable = points.filter(({ values, heldOut }) => !heldOut && median(values) > 0);
  const width = points[0]?.amounts.length ?? 0;
  const silent = Array.from({ length: width }, (_, at) => at).some(
    (at) => !usable.some(({ amounts }) => (amounts[at] ?? 0) > 0),
  );
  return width === 0 || usable.length < width || silent ? null : fitLinear(points, costOf);
}

/** The model with its errors; when they are too large, the point that it is most wrong about. */
export function fittedModel(
  formula: string,
  fit: LinearFit,
  points: readonly Named[],
): FittedModel {
  const worst = isBroken(fit) ? worstOf(fit, points) : null;
  const broken = worst === null ? null : `it is most wrong at ${wrongness(worst)}`;
  return { formula, fitError: known(fit.fitError), heldOutError: known(fit.heldOutError), broken };
}

/** Its errors are too large, or that of one point is: some regime needs naming. */
export function isBroken(fit: LinearFit): boolean {
  const residuals = fit.residuals.filter((residual) => Number.isFinite(residual));
  return (
    Math.max(fit.fitError, fit.heldOutError ?? 0) > MODEL_ERROR ||
    residuals.some((residual) => Math.abs(residual) > LARGE_RESIDUAL)
  );
}

function known(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

export interface Wrong {
  readonly named: string;
  /** (predicted - measured) / measured */
  readonly residual: number;
}

/** The point whose prediction is furthest off; null when none has one. */
export function worstOf(fit: LinearFit, points: readonly Named[]): Wrong | null {
  const all = points.map(({ named }, at) => ({
    named,
    residual: fit.residuals[at] ?? Number.NaN,
  }));
  return all
    .filter(({ residual }) => Number.isFinite(residual))
    .reduce<Wrong | null>(
      (worst, one) =>
        worst === null || Math.abs(one.residual) > Math.abs(worst.residual) ? one : worst,
      null,
    );
}

/** "16 MiB, where it says 38 % too little" */
export function wrongness({ named, residual }: Wrong): string {
  return `${named}, where it says ${share(Math.abs(residual))} too ${residual > 0 ? "much" : "little"}`;
}
