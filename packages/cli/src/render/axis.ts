/** Axis: ticks of a chart and how they are written; linear, or logarithmic by powers of ten or two. */
import type { Chart } from "@crossbill/core";
import { formatBytes } from "./numbers.ts";

export interface Axis {
  readonly unit: string;
  readonly log: boolean;
}

/** Units in which powers of two are the round figures. */
const BINARY = new Set(["B", "bytes", "byte"]);
const TIMES = new Map([
  ["ns", 1],
  ["us", 1e3],
  ["µs", 1e3],
  ["ms", 1e6],
  ["s", 1e9],
]);

/** Nothing measured is larger; sums and ranges of such figures stay finite. */
const LARGEST = 1e30;

/** Where a value lies on the axis; null when it has no place for it. */
export function place(value: number, { log }: Pick<Axis, "log">): number | null {
  if (!(Math.abs(value) <= LARGEST)) return null;
  if (!log) return Math.abs(value) < 1 / LARGEST ? 0 : value;
  return value >= 1 / LARGEST ? Math.log10(value) : null;
}

/** About `most` round values from `low` to `high`, in the unit of the axis. */
export function ticksOf(low: number, high: number, axis: Axis, most: number): number[] {
  if (!(high > low)) return [low];
  if (axis.log) {
    const base = BINARY.has(axis.unit) ? 2 : 10;
    const from = Math.ceil(Math.log(low) / Math.log(base) - 1e-9);
    const to = Math.floor(Math.log(high) / Math.log(base) + 1e-9);
    if (base === 10 && to - from < 2) {
      const fine = Array.from({ length: to - from + 2 }, (_, at) => 10 ** (from - 1 + at))
        .flatMap((power) => [power, 2 * power, 5 * power])
        .filter((tick) => tick >= low && tick <= high);
      if (fine.length >= 2 && fine.length <= 2 * most) return fine;
    }
    if (to - from >= 1) {
      const step = Math.ceil((to - from + 1) / most);
      const count = Math.floor((to - from) / step) + 1;
      return Array.from({ length: count }, (_, at) => base ** (from + at * step));
    }
  }
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Far from 0 the digits of a number may be too few to tell neighbours apart.
  const count = Math.min(Math.max(0, last - first + 1), 2 * most);
  return Array.from({ length: count }, (_, at) => (first + at) * step);
}

/** A value as the axis writes it: with a scaled unit for bytes and times, else the figure alone. */
export function tickText(value: number, unit: string): string {
  // Beyond a thousand TiB only the power says something.
  if (BINARY.has(unit) && Math.abs(value) >= 2 ** 50) return `${plain(value)} B`;
  if (BINARY.has(unit)) {
    const size = formatBytes(Math.abs(value)).replace(/\.0+(?= )/, "");
    return value < 0 ? `-${size}` : size;
  }
  const scale = TIMES.get(unit);
  if (scale !== undefined) return timeText(value * scale);
  return plain(value);
}

function timeText(ns: number): string {
  const [unit, scale] = (
    [
      ["s", 1e9],
      ["ms", 1e6],
      ["us", 1e3],
    ] as const
  ).find(([, least]) => Math.abs(ns) >= least) ?? ["ns", 1];
  return `${plain(ns / scale)} ${unit}`;
}

/** 1,200; 0.05; 3e-5: as short as three digits allow. */
function plain(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-3) return value.toExponential(0);
  return Number(value.toPrecision(3)).toLocaleString("en-US", { maximumFractionDigits: 6 });
}

/** The marks of a chart with their places, those of one name together: "break-even: 5, 12, 19". */
export function markLabels({ marks, x: { unit } }: Chart): string[] {
  const places = new Map<string, string[]>();
  for (const { x, label } of marks) {
    places.set(label, [...(places.get(label) ?? []), tickText(x, unit)]);
  }
  return [...places].map(([label, at]) => `${label}: ${at.join(", ")}`);
}
