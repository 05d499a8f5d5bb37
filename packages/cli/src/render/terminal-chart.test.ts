/** Charts in characters and the axes behind them, of any figures. */
import { type Chart, displayWidth } from "@crossbill/core";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ticksOf, tickText } from "./axis.ts";
import { pageChart } from "./page-chart.ts";
import { paintFor } from "./paint.ts";
import { terminalChart } from "./terminal-chart.ts";

const paint = paintFor(false);

function chart(points: readonly (readonly [number, number])[], log = true): Chart {
  return {
    title: "Time of a read",
    x: { label: "size", unit: "B", log },
    y: { label: "time", unit: "ns", log },
    series: [
      {
        name: "measured",
        kind: "measured",
        points: points.map(([x, y], at) => ({ x, y, low: y, high: y, heldOut: at === 1 })),
      },
    ],
    marks: [{ x: 64, label: "break-even" }],
  };
}

const decades = [
  [1, 100],
  [1024, 1000],
  [1_048_576, 100_000],
] as const;

test("logarithmic axes have round ticks with units, and points in their places", () => {
  const lines = terminalChart(chart(decades), paint, 80);
  const text = lines.join("\n");
  expect(text).toMatch(/100 us┤/);
  expect(text).toMatch(/1 us┤/);
  expect(text).toMatch(/1 B .* 256 B .* 4 KiB .* 1 MiB/);
  expect(text).toContain("┊ break-even: 64 B");
  const plotted = lines.filter((line) => line.includes("│") || line.includes("┤"));
  // Equal ratios are equal distances.
  const [low = 0, middle = 0, high = 0] = ["●", "○", "●"].map((glyph, at) => {
    const row =
      at === 2
        ? plotted.find((line) => line.includes(glyph))
        : plotted.findLast((line) => line.includes(glyph));
    return row?.indexOf(glyph) ?? Number.NaN;
  });
  expect(Math.abs(middle - low - (high - middle))).toBeLessThanOrEqual(1);
});

test("a logarithmic axis leaves out what it has no place for; without points there is no chart", () => {
  expect(terminalChart(chart([[0, 5]]), paint, 80)).toEqual([]);
  expect(pageChart(chart([[0, 5]]))).toBeNull();
  expect(terminalChart(chart([]), paint, 80)).toEqual([]);
  expect(terminalChart(chart([[0, 5], ...decades]), paint, 80).length).toBeGreaterThan(10);
});

test("any finite figures make a chart that fits, and a page chart of finite figures", () => {
  const figure = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.nat(),
    fc.constant(0),
  );
  const any = fc.array(fc.tuple(figure, figure), { maxLength: 20 });
  fc.assert(
    fc.property(any, fc.boolean(), (points, log) => {
      for (const line of terminalChart(chart(points, log), paint, 80)) {
        expect(displayWidth(line)).toBeLessThanOrEqual(80);
      }
      const made = pageChart(chart(points, log));
      // JSON has null for what is not finite.
      expect(JSON.stringify(made?.series ?? [])).not.toContain("null");
    }),
  );
});

test("in the page a model has the colour of the series it names; others have their own", () => {
  const [base] = chart(decades).series;
  if (base === undefined) throw new Error("no series");
  const named = (name: string, kind: "measured" | "model") => ({ ...base, name, kind });
  const made = pageChart({
    ...chart(decades),
    series: [
      named("ring, spin then futex", "measured"),
      named("ring, spin", "measured"),
      named("ptrace", "measured"),
      named("model: ring, spin", "model"),
      named("ptrace (model)", "model"),
      named("a + b c", "model"),
      named("another", "model"),
    ],
  });
  expect(made?.series.map(({ colour }) => colour)).toEqual([0, 1, 2, 1, 2, 3, 4]);
  const alone = pageChart({ ...chart(decades), series: [base, named("s + b c", "model")] });
  expect(alone?.series.map(({ colour }) => colour)).toEqual([0, -1]);
});

describe("ticks", () => {
  test("are powers of two for bytes, of ten else, and 1-2-5 within a decade or two", () => {
    expect(ticksOf(1, 1024, { unit: "B", log: true }, 6)).toEqual([1, 4, 16, 64, 256, 1024]);
    expect(ticksOf(1, 1e6, { unit: "", log: true }, 4)).toEqual([1, 100, 1e4, 1e6]);
    expect(ticksOf(30, 400, { unit: "ns", log: true }, 5)).toEqual([50, 100, 200]);
    expect(ticksOf(0, 10, { unit: "", log: false }, 5)).toEqual([0, 2, 4, 6, 8, 10]);
  });

  test("are written short, with scaled units", () => {
    expect(tickText(4096, "B")).toBe("4 KiB");
    expect(tickText(1500, "ns")).toBe("1.5 us");
    expect(tickText(2, "ms")).toBe("2 ms");
    expect(tickText(12_000, "")).toBe("12,000");
    expect(tickText(0, "ns")).toBe("0 ns");
  });
});
