/**
 * ipc-undisturbed: leaves out rounds in which another program had the CPU. Who spins is on its CPU
 * all the time, and of two that share a CPU each is on it half of the time: where the kernel counts
 * less, somebody else was. Two that sleep on CPUs of their own may idle; nothing is known of them.
 */
import type { LabPoint } from "@crossbill/core";
import { Measured } from "../measured.ts";
import { seriesOf, ways } from "./ipc-points.ts";

/** Of the CPU time that is due, a side must have had this share. */
const DUE = 0.8;
const TAKEN = "another program had the CPU in every round";

/** Share of the time for which our side must be on its CPU, by series. */
const due: ReadonlyMap<string, number> = new Map([
  ...ways
    .filter(({ spinsForEver }) => spinsForEver === true)
    .map((way) => [seriesOf(way, "two CPUs"), 1] as const),
  ...ways
    .filter(({ spinsForEver }) => spinsForEver !== true)
    .map((way) => [seriesOf(way, "one CPU"), 1 / 2] as const),
]);

function undisturbed(point: LabPoint): LabPoint {
  const share = due.get(point.series);
  if (share === undefined || point.values.length === 0) return point;
  const kept = point.values.flatMap((ns, round) => {
    const had = point.cpuValues[round] ?? ns;
    return had >= ns * share * DUE ? [round] : [];
  });
  const only = (values: readonly number[]) => kept.flatMap((round) => values[round] ?? []);
  const missing = kept.length === 0 ? TAKEN : point.missing;
  return { ...point, values: only(point.values), cpuValues: only(point.cpuValues), missing };
}

export interface Undisturbed {
  readonly measured: Measured;
  /** How many values were left out, and of how many. */
  readonly left: number;
  readonly of: number;
}

export function leaveOutDisturbed(measured: Measured): Undisturbed {
  const points = measured.points.map(undisturbed);
  const count = (all: readonly LabPoint[]) =>
    all.reduce((sum, { values }) => sum + values.length, 0);
  const of = count(measured.points);
  return { measured: new Measured(points), left: of - count(points), of };
}
