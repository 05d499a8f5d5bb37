/** vmexit-model: T' = T + n x E, fitted to a guest and, beside it, to a process. */
import { type FitPoint, type FittedModel, fitLinear, type Interval } from "@crossbill/core";
import { countOf, type Measured } from "../measured.ts";
import { share } from "../text.ts";
import { GUEST, GUEST_MONITORED, type World } from "./vmexit-points.ts";

/** Above this share of error a model says where it fails. */
const BROKEN = 0.1;

export interface WorldModel {
  /** Entering and leaving, whatever is called, ns. */
  readonly entry: Interval;
  /** A call that nobody watches, ns. */
  readonly call: Interval;
  /** What watching adds to it, ns; null when that was not measured. */
  readonly added: Interval | null;
  readonly model: FittedModel;
}

function columns(x: number, isMonitored: boolean, width: number): number[] {
  return [1, x, isMonitored ? x : 0].slice(0, width);
}

/** null: the world was not measured, or too little of it. */
export function fitWorld(measured: Measured, { plain, monitored }: World): WorldModel | null {
  const hasMonitored = measured.series(monitored).some(({ role }) => role === "fit");
  const width = hasMonitored ? 3 : 2;
  const of = (series: string, isMonitored: boolean): FitPoint[] =>
    measured.fitPoints(series, ({ x }) => columns(x, isMonitored, width));
  const points = [...of(plain, false), ...(hasMonitored ? of(monitored, true) : [])];
  const plainFitted = measured.series(plain).filter(({ role }) => role === "fit").length;
  if (plainFitted < 2 || points.filter(({ heldOut }) => !heldOut).length < width) return null;
  const fit = fitLinear(points);
  const [entry, call, added] = fit.prices;
  if (entry === undefined || call === undefined) return null;
  const labels = [plain, ...(hasMonitored ? [monitored] : [])].flatMap((name) =>
    measured.series(name).map(({ x }) => `${name}, ${x} at once`),
  );
  const far = fit.residuals
    .map((residual, at) => ({ residual, label: labels[at] ?? "" }))
    .toSorted((a, b) => Math.abs(b.residual) - Math.abs(a.residual))[0];
  const isOff = fit.fitError > BROKEN || (fit.heldOutError ?? 0) > BROKEN;
  return {
    entry,
    call,
    added: added ?? null,
    model: {
      formula: `T'(k) = w + k (c + x E): ${plain}s`,
      fitError: Number.isFinite(fit.fitError) ? fit.fitError : null,
      heldOutError: fit.heldOutError,
      broken: isOff && far !== undefined ? `worst ${far.label} (${share(far.residual)})` : null,
    },
  };
}

/** Exits for each guest call by the kernel's counter; null where it has none. */
export interface ExitCount {
  readonly plain: number;
  readonly monitored: number;
}

/** Every entry has one exit of its own: the guest's last touch. */
function exitsPerCall(measured: Measured, series: string): number {
  const most = measured.series(series).findLast(({ counts }) => counts["exits"] !== undefined);
  return most === undefined ? Number.NaN : (countOf(most, "exits") - 1) / most.x;
}

export function countExits(measured: Measured): ExitCount | null {
  const plain = exitsPerCall(measured, GUEST);
  const monitored = exitsPerCall(measured, GUEST_MONITORED);
  return Number.isNaN(plain) || Number.isNaN(monitored) ? null : { plain, monitored };
}

/** The share of a guest's calls that reached the monitor; null when none was measured. */
export function recordedShare(measured: Measured, series: string): number | null {
  const all = measured.series(series).map(({ counts }) => {
    const { recorded, calls } = counts;
    return recorded === undefined || calls === undefined || calls === 0 ? null : recorded / calls;
  });
  const known = all.filter((one) => one !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** The hypervisor left privilege as it was, so that the guest is flat. */
export function isFlat(measured: Measured): boolean {
  return measured.series(GUEST).some(({ counts }) => (counts["flat"] ?? 0) > 0);
}
