/** measured: the points of a topic as an analysis asks for them. */
import {
  type Chart,
  type FitPoint,
  type Interval,
  type LabCheck,
  type LabPoint,
} from "@crossbill/core";
import { intervalOver } from "./estimate.ts";

type ChartSeries = Chart["series"][number];

export class Measured {
  readonly points: readonly LabPoint[];

  constructor(points: readonly LabPoint[]) {
    this.points = points;
  }

  /** The points of one series that have values, by x. */
  series(name: string): readonly LabPoint[] {
    return this.points
      .filter(({ series, values }) => series === name && values.length > 0)
      .toSorted((a, b) => a.x - b.x);
  }

  /** The one point at `x`, or the only one of its series; undefined when it has no values. */
  point(series: string, x?: number): LabPoint | undefined {
    return this.series(series).find((one) => x === undefined || one.x === x);
  }

  /** ns an event of one point; null when it was not measured. */
  cost(series: string, x?: number): Interval | null {
    const found = this.point(series, x);
    return found === undefined ? null : intervalOver(found.values);
  }

  /** Why a series has no values here; null when it has some. */
  missing(series: string): string | null {
    const all = this.points.filter((one) => one.series === series);
    if (all.some(({ values }) => values.length > 0)) return null;
    return all.find(({ missing }) => missing !== null)?.missing ?? "it was not measured";
  }

  /**
   * Points for the model: costs of the series, with the amounts that `amounts` gives for each.
   * Points that are only shown are left out, and so are those without values.
   */
  fitPoints(name: string, amounts: (point: LabPoint) => readonly number[]): FitPoint[] {
    return this.series(name)
      .filter(({ role }) => role !== "shown")
      .map((point) => ({
        values: point.values,
        amounts: amounts(point),
        heldOut: point.role === "held-out",
      }));
  }

  /** A series as a chart draws it; `of` turns the ns an event into what the y axis shows. */
  line(name: string, of: (ns: number, point: LabPoint) => number = (ns) => ns): ChartSeries {
    const points = this.series(name).map((point) => {
      const interval = intervalOver(point.values) ?? { low: 0, likely: 0, high: 0 };
      const shown = [interval.low, interval.likely, interval.high].map((ns) => of(ns, point));
      const y = of(interval.likely, point);
      const heldOut = point.role === "held-out";
      return { x: point.x, y, low: Math.min(...shown), high: Math.max(...shown), heldOut };
    });
    return { name, kind: "measured", points };
  }

  /** Linearity of every point that was asked: twice the calls took twice the time. */
  linearity(): LabCheck[] {
    return this.points
      .filter(({ linear }) => linear === false)
      .map(({ series, x }) => ({ check: `${series} at ${x}: 2n calls take 2t`, holds: false }));
  }
}

/** A model's line through `xs`. */
export function modelLine(
  name: string,
  xs: readonly number[],
  predict: (x: number) => number,
): ChartSeries {
  const points = xs.map((x) => {
    const y = predict(x);
    return { x, y, low: y, high: y, heldOut: false };
  });
  return { name, kind: "model", points };
}

/** `cheaper` costs less than `dearer`, as on every machine; null when either was not measured. */
export function orderCheck(
  what: string,
  cheaper: Interval | null,
  dearer: Interval | null,
): LabCheck[] {
  if (cheaper === null || dearer === null) return [];
  return [{ check: what, holds: cheaper.likely < dearer.likely }];
}

/** Median of a count over an event; NaN when it was not counted. */
export function countOf(point: LabPoint | undefined, name: string): number {
  return point?.counts[name] ?? Number.NaN;
}
