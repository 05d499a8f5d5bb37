/** The rings topic's models: what a request and a read cost by what was counted of them. */
import {
  type FitPoint,
  type FittedModel,
  type FittedParameter,
  type Interval,
  type LabPoint,
  type LinearFit,
} from "@crossbill/core";
import { intervalOver } from "../estimate.ts";
import { fittedModel, tryFit } from "../fitted-model.ts";
import { countOf, type Measured } from "../measured.ts";
import { type Engine, ring } from "./rings-points.ts";

/** CPU ns an operation, the kernel's own thread included. */
export function cpuOf(point: LabPoint): Interval {
  const polled = point.counts["pollerNs"] ?? 0;
  const own = intervalOver(point.cpuValues) ?? { low: 0, likely: 0, high: 0 };
  return { low: own.low + polled, likely: own.likely + polled, high: own.high + polled };
}

/** Server models: CPU = E x waits + W x sleeps + w; waits and sleeps of a request are counted. */
export function serverFit(measured: Measured, { series }: Engine): LinearFit | null {
  const points = measured.series(series).map(
    (point): FitPoint => ({
      values: point.cpuValues,
      amounts: [countOf(point, "waits"), countOf(point, "sleeps"), 1],
      heldOut: point.role === "held-out",
    }),
  );
  return tryFit(points);
}

/** Disk model: a read takes D / Q, and at least what the queue costs. */
export function diskFit(measured: Measured): LinearFit | null {
  return tryFit(measured.fitPoints(ring.series, ({ x }) => [1 / x, 1]));
}

/** A series' model; `at` is what its x counts. */
export function modelOf(
  formula: string,
  fit: LinearFit | null,
  points: readonly LabPoint[],
  at: string,
): FittedModel[] {
  const named = points.map(({ x }) => ({ named: `${x} ${at}` }));
  return fit === null ? [] : [fittedModel(formula, fit, named)];
}

export function parametersOf(
  symbols: readonly (readonly [string, string])[],
  fit: LinearFit | null,
) {
  return symbols.flatMap(([symbol, meaning], at): FittedParameter[] => {
    const value = fit?.prices[at];
    return value === undefined ? [] : [{ symbol, meaning, unit: "ns", value }];
  });
}

export const epollPrices = [
  ["e", "one epoll_wait that finds something"],
  ["W epoll", "falling asleep in it and being woken"],
  ["s", "read, write and the network's own work for a request, epoll"],
] as const;
export const ringPrices = [
  ["E", "one io_uring_enter that finds something"],
  ["W io_uring", "falling asleep in it and being woken"],
  ["2q", "two ring entries and the network's own work for a request"],
] as const;
export const diskPrices = [
  ["D", "time of one read alone, on this disk"],
  ["c", "time of a read in a queue that is full"],
] as const;
