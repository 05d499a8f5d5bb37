/** bypass-model: what a message costs by its calls, memory by its size, and when set-up is repaid. */
import {
  type FittedModel,
  type FittedParameter,
  type Interval,
  type LabPoint,
  type LinearFit,
} from "@crossbill/core";
import { fittedModel, type NamedPoint, tryFit } from "../fitted-model.ts";
import { countOf, type Measured } from "../measured.ts";
import { differenceInterval, differences } from "../paired.ts";
import {
  BATCH,
  type Path,
  paths,
  type Registration,
  registrations,
  setUpOf,
  udp,
} from "./bypass-points.ts";

export interface Fitted {
  readonly fit: LinearFit;
  readonly points: readonly NamedPoint[];
}

function fitted(points: readonly NamedPoint[]): Fitted | null {
  const fit = tryFit(points);
  return fit === null ? null : { fit, points };
}

/** T = E x calls + m, with the calls of a message counted. */
export function pathFit(measured: Measured, { title }: Path): Fitted | null {
  const points = measured
    .series(title)
    .filter((point) => countOf(point, "calls") > 0)
    .map(
      (point): NamedPoint => ({
        values: point.values,
        amounts: [countOf(point, "calls"), 1],
        heldOut: point.role === "held-out",
        named: `${title}, ${point.x} at once`,
      }),
    );
  return fitted(points);
}

/** T = o + r x MiB */
export function registrationFit(measured: Measured, { series }: Registration): Fitted | null {
  const points = measured
    .series(series)
    .filter(({ role }) => role !== "shown")
    .map(
      (point): NamedPoint => ({
        values: point.values,
        amounts: [1, point.x],
        heldOut: point.role === "held-out",
        named: `${series}, ${point.x} MiB`,
      }),
    );
  return fitted(points);
}

export interface Fits {
  readonly paths: readonly { readonly path: Path; readonly fitted: Fitted }[];
  readonly registrations: readonly { readonly way: Registration; readonly fitted: Fitted }[];
}

export function fitsOf(measured: Measured): Fits {
  const ofPath = (path: Path) => ({ path, fitted: path.batches ? pathFit(measured, path) : null });
  const ofWay = (way: Registration) => ({ way, fitted: registrationFit(measured, way) });
  return {
    paths: paths
      .map(ofPath)
      .flatMap(({ path, fitted: one }) => (one === null ? [] : [{ path, fitted: one }])),
    registrations: registrations
      .map(ofWay)
      .flatMap(({ way, fitted: one }) => (one === null ? [] : [{ way, fitted: one }])),
  };
}

export function parametersOf(fits: Fits): FittedParameter[] {
  const ofPaths = fits.paths.flatMap(({ path: { title }, fitted: { fit } }) => {
    const [call, message] = fit.prices;
    if (call === undefined || message === undefined) return [];
    return [
      { symbol: `E(${title})`, meaning: "one call", unit: "ns", value: call },
      { symbol: `m(${title})`, meaning: "one message besides", unit: "ns", value: message },
    ];
  });
  const ofWays = fits.registrations.flatMap(({ way: { series, symbol }, fitted: { fit } }) => {
    const value = fit.prices[1];
    return value === undefined ? [] : [{ symbol, meaning: `${series}: 1 MiB`, unit: "ns", value }];
  });
  return [...ofPaths, ...ofWays];
}

export function modelsOf(fits: Fits): FittedModel[] {
  return [
    ...fits.paths.map(({ path, fitted: { fit, points } }) =>
      fittedModel(`${path.title}: T = E x calls + m`, fit, points),
    ),
    ...fits.registrations.map(({ way, fitted: { fit, points } }) =>
      fittedModel(`${way.series}: T = o + r x MiB`, fit, points),
    ),
  ];
}

/** A path's point where paths are compared. */
export function messageOf(measured: Measured, path: Path): LabPoint | undefined {
  return measured.point(path.title, path.batches ? BATCH : 1);
}

/** What a message of `kernel` costs more than one of `path`, ns; null when not both were measured. */
export function gainOf(measured: Measured, kernel: Path, path: Path): Interval | null {
  const [dear, cheap] = [messageOf(measured, kernel), messageOf(measured, path)];
  return cheap === undefined ? null : differenceInterval(differences(dear, [cheap]));
}

/** What setting `path` up costs more than two UDP sockets, registration included, ns. */
export function extraSetUp(measured: Measured, path: Path): Interval | null {
  const [own, sockets] = [measured.point(setUpOf(path)), measured.point(setUpOf(udp))];
  const extra = own === undefined ? null : differenceInterval(differences(own, [sockets]));
  return extra === null || !(extra.likely > 0) ? null : extra;
}

/** Messages after which the set-up is repaid: n* = set-up / (t_kernel - t_bypass). */
export type Repaid =
  | { readonly state: "unknown" }
  /** Each message costs more, or the two cannot be told apart. */
  | { readonly state: "never"; readonly loss: Interval }
  | { readonly state: "after"; readonly messages: Interval };

export function repaid(measured: Measured, path: Path, kernel: Path): Repaid {
  const gain = gainOf(measured, kernel, path);
  const extra = extraSetUp(measured, path);
  if (gain === null || extra === null) return { state: "unknown" };
  if (!(gain.low > 0)) return { state: "never", loss: gain };
  const messages = {
    low: Math.max(0, extra.low) / gain.high,
    likely: extra.likely / gain.likely,
    high: extra.high / gain.low,
  };
  return { state: "after", messages };
}
