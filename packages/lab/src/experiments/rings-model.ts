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
import { fittedModel, tryFit, undisturbed } from "../fitted-model.ts";
import { countOf, type Measured } from "../measured.ts";
import { type Engine, entries, epoll, readyWait, ring, single } from "./rings-points.ts";

/** CPU ns an operation, the kernel's own thread included. */
export function cpuOf(point: LabPoint): Interval {
  const polled = point.counts["pollerNs"] ?? 0;
  const own = intervalOver(point.cpuValues) ?? { low: 0, likely: 0, high: 0 };
  return { low: own.low + polled, likely: own.likely + polled, high: own.high + polled };
}

/** What does not depend on how many sleep: measured apart from the servers. */
export interface WaitPrices {
  /** e: one epoll_wait that finds something. */
  readonly wait: LinearFit | null;
  /** E and q: one io_uring_enter, and an entry it hands over. */
  readonly entries: LinearFit | null;
}

export function waitPrices(measured: Measured): WaitPrices {
  return {
    wait: tryFit(
      measured.fitPoints(readyWait.series, () => [1]),
      undisturbed,
    ),
    entries: tryFit(
      measured.fitPoints(entries.series, ({ x }) => [1, x]),
      undisturbed,
    ),
  };
}

/** Entries that a request takes of a ring: to receive it and to send the answer. */
const ENTRIES = 2;

const likely = (fit: LinearFit, at: number): number => fit.prices[at]?.likely ?? Number.NaN;

/**
 * Server models: CPU = W x sleeps + s beside what its waits and entries cost. Waits and sleeps of a
 * request are counted. They go together so closely that a fit could not tell their prices apart:
 * what a wait costs without sleeping is measured alone.
 */
function serverFit(
  measured: Measured,
  { series }: Engine,
  knownOf: (waits: number) => number,
): LinearFit | null {
  const points = measured.series(series).map(
    (point): FitPoint => ({
      values: point.cpuValues,
      amounts: [countOf(point, "sleeps"), 1],
      known: knownOf(countOf(point, "waits")),
      heldOut: point.role === "held-out",
    }),
  );
  return tryFit(points, undisturbed);
}

export function epollFit(measured: Measured, { wait }: WaitPrices): LinearFit | null {
  if (wait === null) return null;
  return serverFit(measured, epoll, (waits) => likely(wait, 0) * waits);
}

export function ringFit(measured: Measured, { entries: alone }: WaitPrices): LinearFit | null {
  if (alone === null) return null;
  const [enter, entry] = [likely(alone, 0), likely(alone, 1)];
  return serverFit(measured, single, (waits) => enter * waits + entry * ENTRIES);
}

/** Disk model: a read takes D / Q, and at least what the queue costs. */
export function diskFit(measured: Measured): LinearFit | null {
  return tryFit(
    measured.fitPoints(ring.series, ({ x }) => [1 / x, 1]),
    undisturbed,
  );
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

export const waitPrice = [["e", "one epoll_wait that finds something"]] as const;
export const entryPrices = [
  ["E", "one io_uring_enter that finds something"],
  ["q", "one entry of a ring, to be taken and completed"],
] as const;
export const epollPrices = [
  ["W epoll", "falling asleep in epoll_wait and being woken"],
  ["s", "read, write and the network's own work for a request, epoll"],
] as const;
export const ringPrices = [
  ["W io_uring", "falling asleep in io_uring_enter and being woken"],
  ["w", "the network's own work for a request, io_uring"],
] as const;
export const diskPrices = [
  ["D", "time of one read alone, on this disk"],
  ["c", "time of a read in a queue that is full"],
] as const;
