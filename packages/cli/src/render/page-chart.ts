/** Page chart: a chart as the script of the page draws it: ranges, ticks and texts made here. */
import { type Chart, printable } from "@crossbill/core";
import { markLabels, place, ticksOf, tickText } from "./axis.ts";
import { formatFigure } from "./numbers.ts";

/** page/lab.js reads exactly this. */
export interface PageChart {
  readonly title: string;
  readonly x: PageAxis;
  readonly y: PageAxis;
  readonly series: readonly {
    readonly name: string;
    readonly model: boolean;
    /** Which of the page's colours; -1: the colour of text. */
    readonly colour: number;
    /** Which shape points have, or which dashes a model: colours come around. */
    readonly shape: number;
    /** x, y, low, high, 1 when held out, and what hovering shows ("" for models). */
    readonly points: readonly (readonly [number, number, number, number, 0 | 1, string])[];
  }[];
  readonly marks: readonly { readonly x: number; readonly label: string }[];
  /** What the marks are, for the legend. */
  readonly markLabels: readonly string[];
}

interface PageAxis {
  readonly label: string;
  readonly log: boolean;
  readonly range: readonly [number, number];
  /** Value and text of each tick; few for a phone. */
  readonly many: readonly (readonly [number, string])[];
  readonly few: readonly (readonly [number, string])[];
}

type Axis = Chart["x"];
type Point = Chart["series"][number]["points"][number];

const TICKS = { many: 9, few: 4 };
/** Empty border inside the frame, as a share of the range. */
const BORDER = 0.04;
/** Colours of page/lab.css. */
const COLOURS = 8;

/** Null when no point can be drawn. */
export function pageChart(chart: Chart): PageChart | null {
  const drawable = ({ x, y }: Point) => place(x, chart.x) !== null && place(y, chart.y) !== null;
  const all = chart.series.flatMap(({ points }) => points.filter(drawable));
  if (all.length === 0) return null;
  const looks = looksOf(chart);
  const shown = (axis: Axis, value: number) => rounded(place(value, axis) === null ? 0 : value);
  return {
    title: printable(chart.title),
    x: pageAxis(
      chart.x,
      all.map(({ x }) => x),
    ),
    y: pageAxis(
      chart.y,
      all.flatMap(({ y, low, high }) => [y, low, high]),
    ),
    series: chart.series.map(({ name, kind, points }, at) => ({
      name: printable(name),
      model: kind === "model",
      ...lookOf(looks[at] ?? -1),
      points: points
        .filter(drawable)
        .map((point) => [
          rounded(point.x),
          rounded(point.y),
          shown(chart.y, point.low) || rounded(point.y),
          shown(chart.y, point.high) || rounded(point.y),
          point.heldOut ? 1 : 0,
          kind === "model" ? "" : hoverText(chart, point),
        ]),
    })),
    marks: chart.marks
      .filter(({ x }) => place(x, chart.x) !== null)
      .map(({ x, label }) => ({ x: rounded(x), label: printable(label) })),
    markLabels: markLabels(chart).map((label) => printable(label)),
  };
}

/**
 * A number for the look of each series: measured ones by their order, a model as the series that it
 * names, other models behind those; one such model alone has the colour of text (-1).
 */
function looksOf({ series }: Chart): number[] {
  const measured = series.filter(({ kind }) => kind === "measured").map(({ name }) => name);
  const namedBy = (name: string): number => {
    const subject = name.replace(/^model:? |[ ]\(model\)$/g, "");
    const byLength = measured.toSorted((one, other) => one.length - other.length);
    // The longest series that the model's name holds, else the shortest that holds the model's name.
    const held = byLength.findLast((one) => subject.includes(one));
    return measured.indexOf(held ?? byLength.find((one) => one.includes(subject)) ?? "");
  };
  const others = series.filter(({ kind, name }) => kind === "model" && namedBy(name) < 0);
  return series.map((one) => {
    if (one.kind === "measured") return measured.indexOf(one.name);
    const named = namedBy(one.name);
    if (named >= 0 || others.length < 2) return named;
    return measured.length + others.indexOf(one);
  });
}

function lookOf(look: number): { readonly colour: number; readonly shape: number } {
  return look < 0
    ? { colour: -1, shape: 0 }
    : { colour: look % COLOURS, shape: Math.floor(look / COLOURS) };
}

function hoverText(chart: Chart, { x, y, low, high, heldOut }: Point): string {
  const value = (axis: Axis, at: number) => {
    const text = tickText(at, axis.unit);
    return axis.unit === "" || text !== tickText(at, "") ? text : `${text} ${axis.unit}`;
  };
  const spread = low === high ? "" : ` (${formatFigure(low)} to ${formatFigure(high)})`;
  return printable(
    `${value(chart.x, x)}: ${formatFigure(y)} ${chart.y.unit}${spread}${heldOut ? ", held out" : ""}`,
  );
}

function pageAxis(axis: Axis, values: readonly number[]): PageAxis {
  const range = rangeOf(axis, values);
  const ticks = (most: number) =>
    ticksOf(range[0], range[1], axis, most)
      .filter((tick) => tick >= range[0] && tick <= range[1])
      .map((tick) => [rounded(tick), tickText(rounded(tick), axis.unit)] as const);
  const unit = axis.unit === "" || axis.unit === axis.label ? "" : ` (${axis.unit})`;
  return {
    label: printable(`${axis.label}${unit}`),
    log: axis.log,
    range,
    many: ticks(TICKS.many),
    few: ticks(TICKS.few),
  };
}

/** From the least to the most, with a border; linear axes of amounts begin at 0. */
function rangeOf(axis: Axis, values: readonly number[]): readonly [number, number] {
  const at = values.flatMap((value) => place(value, axis) ?? []);
  const low = at.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY);
  const high = at.reduce((most, one) => Math.max(most, one), Number.NEGATIVE_INFINITY);
  const span = high - low;
  if (axis.log) {
    const border = span > 0 ? span * BORDER : 0.3;
    return [10 ** (low - border), 10 ** (high + border)];
  }
  const border = span > 0 ? span * BORDER : Math.abs(high) / 2 || 1;
  return [low >= 0 && low < high / 2 ? 0 : low - border, high + border];
}

/** Five digits are more than a screen shows, and keep the page small. */
function rounded(value: number): number {
  return Number(value.toPrecision(5));
}
