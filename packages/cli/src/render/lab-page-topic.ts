/** Lab page topic: one topic of the page: verdicts, break-evens, charts, figures, and the raw points. */
import {
  type FittedModel,
  type FittedParameter,
  type LabPoint,
  median,
  type TopicReport,
  type Verdict,
} from "@crossbill/core";
import { effortLine, missingOf } from "./lab-topic.ts";
import { html, type Markup } from "./markup.ts";
import { formatFigure, formatPercent } from "./numbers.ts";
import type { PageChart } from "./page-chart.ts";

const badgeClass: Record<Verdict, string> = {
  holds: "holds",
  "does not hold": "fails",
  "cannot tell here": "open",
};

export function verdictBadge(verdict: Verdict): Markup {
  return html`<span class="badge ${badgeClass[verdict]}">${verdict}</span>`;
}

export function topicSection(topic: TopicReport, charts: readonly (PageChart | null)[]): Markup {
  const { name, title, question, analysis } = topic;
  return html`<section class="topic" id="topic-${name}">
<h2>${title} <code>${name}</code></h2>
<p class="question">${question}</p>
${analysis.claims.map(
  ({ claim, verdict, why }) =>
    html`<div class="claim ${badgeClass[verdict]}"><p>${verdictBadge(verdict)} ${claim}</p>
<p class="why">${why}</p></div>
`,
)}
${analysis.breakEvens.map(({ text }) => html`<p class="callout"><strong>Break-even:</strong> ${text}</p>`)}
${charts.map((chart, at) => (chart === null ? html`` : chartFigure(chart, at)))}
${table(analysis.table.columns, analysis.table.rows)}
${parameters(analysis.parameters)}
${analysis.models.map(modelText)}
${remarks(topic)}
${rawPoints(topic)}
</section>
`;
}

function chartFigure(chart: PageChart, at: number): Markup {
  const names = chart.series.map(({ name }) => name).join(", ");
  return html`<figure><figcaption>${chart.title}</figcaption>
<div class="plot" data-chart="${at}" role="img" aria-label="${`${chart.title}: ${names}`}"></div>
<ul class="legend"></ul></figure>`;
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): Markup {
  if (rows.length === 0) return html``;
  const heads = columns.map((column) => html`<th scope="col">${column}</th>`);
  return html`<div class="scroll"><table><thead><tr>${heads}</tr></thead><tbody>
${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody></table></div>`;
}

function parameters(fitted: readonly FittedParameter[]): Markup {
  return table(
    ["fitted", "meaning", "value", "95 % interval", "unit"],
    fitted.map(({ symbol, meaning, unit, value }) => [
      symbol,
      meaning,
      formatFigure(value.likely),
      value.low === value.high ? "" : `${formatFigure(value.low)} to ${formatFigure(value.high)}`,
      unit,
    ]),
  );
}

function modelText({ formula, fitError, heldOutError, broken }: FittedModel): Markup {
  const held =
    heldOutError === null
      ? null
      : html`, <strong>${formatPercent(heldOutError)}</strong> on points it had not seen`;
  return html`<p class="model"><code>${formula}</code>
Median error ${formatPercent(fitError)} on the points it was fitted to${held}.</p>
${broken === null ? null : html`<p class="callout alarm"><strong>The model breaks:</strong> ${broken}</p>`}`;
}

function remarks(topic: TopicReport): Markup {
  const { checks, notes } = topic.analysis;
  const failed = checks.filter(({ holds }) => !holds);
  const items = [
    ...failed.map(({ check }) => html`<li class="alarm">check failed: ${check}</li>`),
    ...(checks.length > 0 && failed.length === 0
      ? [html`<li>all ${checks.length} checks hold</li>`]
      : []),
    ...missingOf(topic).map((text) => html`<li>${text}</li>`),
    ...notes.map((note) => html`<li>${note}</li>`),
  ];
  return html`<ul class="remarks">${items}</ul>`;
}

function rawPoints(topic: TopicReport): Markup {
  return html`<details><summary>Points ${effortLine(topic)}</summary>${table(
    ["series", "x", "role", "ns an event", "counted an event"],
    topic.points.map((point) => [
      point.series,
      formatFigure(point.x),
      point.role,
      valueText(point),
      Object.entries(point.counts)
        .map(([name, count]) => `${name} ${formatFigure(count)}`)
        .join(", "),
    ]),
  )}</details>`;
}

function valueText({ values, missing }: LabPoint): string {
  if (values.length === 0) return missing ?? "not measured";
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const spread = low === high ? "" : ` (${formatFigure(low)} to ${formatFigure(high)})`;
  return `${formatFigure(median(values))}${spread}`;
}
