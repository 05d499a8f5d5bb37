// The script of the page that `crossbill lab --html` writes: draws the charts with uPlot, which
// stands before it. Ranges, ticks and texts are made by src/render/page-chart.ts.
"use strict";

(() => {
  /** Columns of CSS pixels below which the axes get few ticks. */
  const NARROW = 480;
  /** How near the pointer must be to a point, CSS pixels. */
  const REACH = 28;
  const RADIUS = 4;
  /** Of models, one for each time that the colours come around. */
  const DASHES = [
    [8, 4],
    [2, 3],
    [12, 3, 2, 3],
  ];
  /** What legends show for circle, square and diamond. */
  const SHAPES = ["M9 1.5a4.5 4.5 0 1 0 .01 0Z", "M5 2h8v8H5Z", "M9 .5 14.5 6 9 11.5 3.5 6Z"];

  /** @param {string} name @returns {string} */
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  /** @param {{colour: number}} series @returns {string} */
  const colourOf = ({ colour }) => style(colour < 0 ? "--ink" : `--colour-${colour}`);

  /** A circle, a square, or a diamond: one for each time that the colours come around. */
  function outline(ctx, shape, x, y, radius) {
    const far = radius * 1.3;
    if (shape % 3 === 0) ctx.arc(x, y, radius, 0, 2 * Math.PI);
    else if (shape % 3 === 1) ctx.rect(x - radius, y - radius, 2 * radius, 2 * radius);
    else {
      ctx.moveTo(x, y - far);
      ctx.lineTo(x + far, y);
      ctx.lineTo(x, y + far);
      ctx.lineTo(x - far, y);
      ctx.closePath();
    }
  }

  /** Measured points with their intervals: held-out ones are hollow. */
  function drawPoints(plot, chart) {
    const { ctx } = plot;
    const pixel = uPlot.pxRatio;
    ctx.save();
    for (const series of chart.series) {
      if (series.model) continue;
      ctx.strokeStyle = colourOf(series);
      ctx.lineWidth = 1.5 * pixel;
      ctx.setLineDash([]);
      for (const [x, y, low, high, heldOut] of series.points) {
        const at = plot.valToPos(x, "x", true);
        const middle = plot.valToPos(y, "y", true);
        ctx.beginPath();
        ctx.moveTo(at, plot.valToPos(low, "y", true));
        ctx.lineTo(at, plot.valToPos(high, "y", true));
        ctx.stroke();
        ctx.beginPath();
        outline(ctx, series.shape, at, middle, RADIUS * pixel);
        ctx.fillStyle = heldOut === 1 ? style("--raised") : colourOf(series);
        ctx.fill();
        ctx.stroke();
      }
    }
    ctx.restore();
  }

  /** Break-evens: a dashed line, its label on the side that has more room. */
  function drawMarks(plot, chart) {
    const { ctx, bbox } = plot;
    const pixel = uPlot.pxRatio;
    ctx.save();
    ctx.strokeStyle = style("--faint");
    ctx.fillStyle = style("--faint");
    ctx.lineWidth = pixel;
    ctx.setLineDash([5 * pixel, 4 * pixel]);
    ctx.font = `${12 * pixel}px system-ui, sans-serif`;
    ctx.textBaseline = "top";
    let row = 0;
    for (const { x, label } of chart.marks) {
      if (x < chart.x.range[0] || x > chart.x.range[1]) continue;
      const at = plot.valToPos(x, "x", true);
      ctx.beginPath();
      ctx.moveTo(at, bbox.top);
      ctx.lineTo(at, bbox.top + bbox.height);
      ctx.stroke();
      const isLeft = at - bbox.left > bbox.width / 2;
      const room = (isLeft ? at - bbox.left : bbox.left + bbox.width - at) - 8 * pixel;
      ctx.textAlign = isLeft ? "right" : "left";
      const text = fitting(ctx, label, room);
      ctx.fillText(text, at + (isLeft ? -5 : 5) * pixel, bbox.top + (4 + 16 * row) * pixel);
      row += 1;
    }
    ctx.restore();
  }

  /** The text, cut to what fits. */
  function fitting(ctx, text, room) {
    if (ctx.measureText(text).width <= room) return text;
    let cut = text;
    while (cut.length > 1 && ctx.measureText(`${cut}…`).width > room) cut = cut.slice(0, -1);
    return `${cut}…`;
  }

  /** Shows the measured point nearest to the pointer. */
  function hovering(chart) {
    const ring = Object.assign(document.createElement("div"), { className: "ring", hidden: true });
    const tip = Object.assign(document.createElement("div"), { className: "tip", hidden: true });
    const show = (plot) => {
      const { left, top } = plot.cursor;
      let nearest = null;
      let least = REACH;
      // uPlot puts a pointer that is elsewhere at negative places.
      for (const series of left < 0 ? [] : chart.series) {
        if (series.model) continue;
        for (const point of series.points) {
          const x = plot.valToPos(point[0], "x");
          const y = plot.valToPos(point[1], "y");
          const distance = Math.hypot(x - left, y - top);
          if (distance < least) [nearest, least] = [{ series, point, x, y }, distance];
        }
      }
      ring.hidden = nearest === null;
      tip.hidden = nearest === null;
      if (nearest === null) return;
      const { series, point, x, y } = nearest;
      ring.style.left = `${x}px`;
      ring.style.top = `${y}px`;
      ring.style.borderColor = colourOf(series);
      tip.textContent = `${series.name}, ${point[5]}`;
      const isLeft = x > plot.over.clientWidth / 2;
      tip.style.left = isLeft ? "" : `${x + 12}px`;
      tip.style.right = isLeft ? `${plot.over.clientWidth - x + 12}px` : "";
      tip.style.top = `${Math.max(0, y - 40)}px`;
    };
    return {
      hooks: {
        init: (plot) => plot.over.append(ring, tip),
        setCursor: show,
      },
    };
  }

  function axisOptions(axis, isNarrow, size) {
    const ticks = isNarrow ? axis.few : axis.many;
    return {
      label: axis.label,
      labelSize: 22,
      size,
      font: "12px system-ui, sans-serif",
      labelFont: "12px system-ui, sans-serif",
      stroke: style("--faint"),
      grid: { stroke: style("--line"), width: 1 },
      ticks: { stroke: style("--line"), width: 1, size: 5 },
      splits: () => ticks.map(([value]) => value),
      filter: (_plot, splits) => splits,
      values: () => ticks.map(([, text]) => text),
    };
  }

  const scale = ({ log, range }) => ({
    time: false,
    distr: log ? 3 : 1,
    log: 10,
    range: [...range],
  });

  /** A chart of the width that its place has. */
  function draw(place, chart) {
    const width = place.clientWidth;
    const isNarrow = width < NARROW;
    const lines = chart.series.map((series) => ({
      label: series.name,
      stroke: colourOf(series),
      // Measured points are joined faintly, so that the eye finds the next one.
      alpha: series.model ? 1 : 0.35,
      width: series.model ? 2 : 1,
      ...(series.model ? { dash: DASHES[series.shape % DASHES.length] } : {}),
      spanGaps: true,
      points: { show: false },
    }));
    const yLabels = chart.y.many.map(([, text]) => text.length);
    const options = {
      width,
      height: Math.round(Math.max(260, Math.min(380, width * 0.6))),
      padding: [12, 14, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: false } },
      scales: { x: scale(chart.x), y: scale(chart.y) },
      axes: [
        axisOptions(chart.x, isNarrow, 34),
        axisOptions(chart.y, isNarrow, 16 + 7 * Math.max(...yLabels, 2)),
      ],
      series: [{}, ...lines],
      plugins: [
        hovering(chart),
        { hooks: { draw: [(plot) => drawMarks(plot, chart), (plot) => drawPoints(plot, chart)] } },
      ],
    };
    const tables = chart.series.map(({ points }) => {
      const sorted = [...points].sort((a, b) => a[0] - b[0]);
      return [sorted.map(([x]) => x), sorted.map(([, y]) => y)];
    });
    return new uPlot(options, uPlot.join(tables), place);
  }

  function symbol(shapes) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 18 12");
    svg.setAttribute("aria-hidden", "true");
    for (const [name, attributes] of shapes) {
      const shape = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
      svg.append(shape);
    }
    return svg;
  }

  function legendEntry(list, shapes, text) {
    const item = document.createElement("li");
    item.append(symbol(shapes), text);
    list.append(item);
  }

  const dashes = ({ shape }) =>
    DASHES[shape % DASHES.length].map((length) => length * 0.7).join(" ");

  function legend(list, chart) {
    list.replaceChildren();
    for (const series of chart.series) {
      const stroke = colourOf(series);
      const shapes = series.model
        ? [
            [
              "path",
              { d: "M0 6H18", stroke, "stroke-width": 2, "stroke-dasharray": dashes(series) },
            ],
          ]
        : [["path", { d: SHAPES[series.shape % SHAPES.length], fill: stroke }]];
      legendEntry(list, shapes, series.name);
    }
    const isHeldOut = chart.series.some(({ points }) => points.some((point) => point[4] === 1));
    const stroke = style("--faint");
    if (isHeldOut) {
      const hollow = { cx: "9", cy: "6", r: "4", fill: "none", stroke, "stroke-width": "1.5" };
      legendEntry(list, [["circle", hollow]], "hollow: not seen by the fit");
    }
    for (const label of chart.markLabels) {
      const line = { d: "M9 0V12", stroke, "stroke-dasharray": "3 2" };
      legendEntry(list, [["path", line]], label);
    }
  }

  const charts = JSON.parse(document.getElementById("charts").textContent);
  const drawn = new Map();

  function redraw(place, chart) {
    drawn.get(place)?.destroy();
    drawn.set(place, draw(place, chart));
    legend(place.parentElement.querySelector(".legend"), chart);
  }

  const all = [...document.querySelectorAll(".topic")].flatMap((topic, at) =>
    [...topic.querySelectorAll(".plot")].map((place) => ({
      place,
      chart: charts[at][Number(place.dataset.chart)],
    })),
  );
  const widths = new Map();
  const sizes = new ResizeObserver(() => {
    for (const { place, chart } of all) {
      if (widths.get(place) === place.clientWidth) continue;
      widths.set(place, place.clientWidth);
      redraw(place, chart);
    }
  });
  for (const { place } of all) sizes.observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const { place, chart } of all) redraw(place, chart);
  });
})();
