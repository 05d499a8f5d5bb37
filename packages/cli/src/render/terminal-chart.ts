/**
 * Terminal chart: a chart of the lab in characters. The library draws linear axes; logarithmic ones
 * get logarithms, and ticks that are labelled with what was measured.
 */
import { type Chart, displayWidth, printable } from "@crossbill/core";
import { plot } from "simple-ascii-chart";
import { markLabels, place, ticksOf, tickText } from "./axis.ts";
import type { Paint } from "./paint.ts";
import { wrapText } from "./wrap.ts";

/** Fitted and held-out points of each measured series, in their order. */
const GLYPHS: readonly (readonly [string, string])[] = [
  ["●", "○"],
  ["■", "□"],
  ["▲", "△"],
  ["◆", "◇"],
  ["▼", "▽"],
  ["★", "☆"],
  ["A", "a"],
  ["B", "b"],
  ["C", "c"],
  ["D", "d"],
  ["E", "e"],
  ["F", "f"],
];
const MODEL_GLYPHS = ["·", "-", "~", "=", "+", "x", ":", "%", "#", "*", "^", "!"];
const MARK_GLYPH = "┊";
const HEIGHT = 14;
/** What the library adds to plot and labels: the axis, its end, and a border. */
const FRAME_COLUMNS = 5;
const X_TICKS = 6;
const Y_TICKS = 5;

type Series = Chart["series"][number];
type Point = [x: number, y: number];

/** Points that share one symbol; later layers cover earlier ones. */
interface Layer {
  readonly symbol: string;
  readonly points: readonly Point[];
}

/** The lines of the chart, title first; none when there is nothing to draw. */
export function terminalChart(chart: Chart, paint: Paint, width: number): string[] {
  const box = bounds(chart);
  if (box === null) return [];
  const yTicks = ticks(chart.y, box.y, Y_TICKS);
  const format = (at: number, axis: Chart["x"]) => tickText(axis.log ? 10 ** at : at, axis.unit);
  const labels = yTicks.map((at) => displayWidth(format(at, chart.y)));
  const columns = Math.max(20, width - Math.max(0, ...labels) - FRAME_COLUMNS);
  const layers = [
    ...markLayers(chart, box),
    ...chart.series
      .filter(({ kind }) => kind === "model")
      .map((one, at) => modelLayer(chart, box, one, at, columns)),
    ...chart.series
      .filter(({ kind }) => kind === "measured")
      .flatMap((one, at) => measuredLayers(chart, one, at)),
  ];
  const symbols = new Map(
    layers.flatMap(({ symbol, points }) => points.map((point) => [point.join(), symbol] as const)),
  );
  const drawn = plot(
    layers.map(({ points }) => [...points]).filter((points) => points.length > 0),
    {
      width: columns,
      height: HEIGHT,
      customXAxisTicks: ticks(chart.x, box.x, X_TICKS),
      customYAxisTicks: yTicks,
      formatter: (at, { axis }) => format(at, chart[axis]),
      lineFormatter: ({ x, y, plotX, plotY }) => ({
        x: plotX,
        y: plotY,
        symbol: symbols.get([x, y].join()) ?? " ",
      }),
    },
  );
  const body = drawn
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "");
  const axes = `y: ${label(chart.y)}; x: ${label(chart.x)}`;
  return [
    paint.strong(printable(chart.title, { maxWidth: width })),
    ...body,
    ...wrapText(axes, { width, lead: "  " }).map((line) => paint.faint(line)),
    ...legend(chart, width),
  ];
}

function label({ label: name, unit, log }: Chart["x"]): string {
  const scale = log ? ", logarithmic" : "";
  return unit === "" || unit === name ? `${name}${scale}` : `${name} (${unit}${scale})`;
}

interface Box {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

/** The ranges of all points, as the axes place them; null when there are none. */
function bounds(chart: Chart): Box | null {
  const all = chart.series.flatMap((series) => placed(chart, series));
  if (all.length === 0) return null;
  const range = (of: (point: Point) => number): [number, number] => {
    const low = all.reduce((least, point) => Math.min(least, of(point)), Number.POSITIVE_INFINITY);
    const high = all.reduce((most, point) => Math.max(most, of(point)), Number.NEGATIVE_INFINITY);
    // One value has no range; the library needs one.
    return high > low ? [low, high] : [low, low + (Math.abs(low) || 1) / 2];
  };
  return { x: range(([x]) => x), y: range(([, y]) => y) };
}

/** Points by x, as the axes place them; those they have no place for are left out. */
function placed(chart: Chart, { points }: Series): Point[] {
  return points
    .flatMap(({ x, y }): Point[] => {
      const [atX, atY] = [place(x, chart.x), place(y, chart.y)];
      return atX === null || atY === null ? [] : [[atX, atY]];
    })
    .toSorted(([a], [b]) => a - b);
}

function measuredLayers(chart: Chart, series: Series, at: number): Layer[] {
  const [fitted, heldOut] = GLYPHS[at % GLYPHS.length] ?? ["●", "○"];
  const some = (held: boolean) =>
    placed(chart, { ...series, points: series.points.filter((point) => point.heldOut === held) });
  return [
    { symbol: fitted, points: some(false) },
    { symbol: heldOut, points: some(true) },
  ];
}

/** A model is a line: one point a column between its own, by linear interpolation. */
function modelLayer(
  chart: Chart,
  { x: [low, high] }: Box,
  series: Series,
  at: number,
  columns: number,
): Layer {
  const known = placed(chart, series);
  const points: Point[] = [];
  for (let column = 0; column <= columns; column++) {
    const x = low + ((high - low) * column) / columns;
    const after = known.findIndex((point) => point[0] >= x);
    const [right, left] = [known[after], known[Math.max(0, after - 1)]];
    if (right === undefined || left === undefined || left[0] > x) continue;
    const share = right[0] > left[0] ? (x - left[0]) / (right[0] - left[0]) : 1;
    points.push([x, left[1] + (right[1] - left[1]) * share]);
  }
  return { symbol: MODEL_GLYPHS[at % MODEL_GLYPHS.length] ?? "·", points };
}

function markLayers(chart: Chart, { x: [left, right], y: [low, high] }: Box): Layer[] {
  return chart.marks.flatMap(({ x }) => {
    const at = place(x, chart.x);
    if (at === null || at < left || at > right) return [];
    const points = Array.from(
      { length: HEIGHT },
      (_, row): Point => [at, low + ((high - low) * row) / (HEIGHT - 1)],
    );
    return [{ symbol: MARK_GLYPH, points }];
  });
}

function ticks(axis: Chart["x"], [low, high]: readonly [number, number], most: number): number[] {
  const value = (at: number) => (axis.log ? 10 ** at : at);
  return ticksOf(value(low), value(high), axis, most)
    .flatMap((tick) => place(tick, axis) ?? [])
    .filter((at) => at >= low && at <= high);
}

function legend(chart: Chart, width: number): string[] {
  const measured = chart.series.filter(({ kind }) => kind === "measured");
  const models = chart.series.filter(({ kind }) => kind === "model");
  const entries = [
    ...measured.map(({ name, points }, at) => {
      const [fitted, heldOut] = GLYPHS[at % GLYPHS.length] ?? ["●", "○"];
      const some = points.some((point) => point.heldOut);
      return `${fitted}${some ? heldOut : ""} ${name}`;
    }),
    ...models.map(({ name }, at) => `${MODEL_GLYPHS[at % MODEL_GLYPHS.length]} ${name}`),
    ...markLabels(chart).map((text) => `${MARK_GLYPH} ${text}`),
  ];
  const isHeldOut = measured.some(({ points }) => points.some((point) => point.heldOut));
  const all = [...entries, ...(isHeldOut ? ["hollow: not seen by the fit"] : [])];
  return packed(all, width);
}

/** Entries three blanks apart, as many in a line as fit. */
function packed(entries: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const entry of entries) {
    const safe = printable(entry, { maxWidth: width - 2 });
    const last = lines.at(-1);
    const longer = last === undefined ? "" : `${last}   ${safe}`;
    if (last !== undefined && displayWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(`  ${safe}`);
  }
  return lines;
}
