/** Lab topic: one topic of a lab report in text: question, verdict, figures, chart, what is missing. */
import {
  type FittedModel,
  type FittedParameter,
  type JudgedClaim,
  printable,
  type TopicReport,
  type Verdict,
} from "@crossbill/core";
import { formatFigure, formatPercent } from "./numbers.ts";
import type { Paint } from "./paint.ts";
import { terminalChart } from "./terminal-chart.ts";
import { wrapText } from "./wrap.ts";
import { LAB_WIDTH, wrappedTable } from "./wrapped-table.ts";

const verdictText: Record<Verdict, string> = {
  holds: "HOLDS",
  "does not hold": "DOES NOT HOLD",
  "cannot tell here": "CANNOT TELL HERE",
};

/** The lines of a topic, heading first. */
export function topicLines(topic: TopicReport, paint: Paint): string[] {
  const { analysis } = topic;
  const wrapped = (text: string, lead = "") => wrapText(text, { width: LAB_WIDTH, lead });
  const sections = [
    [
      paint.strong(printable(`${topic.name}: ${topic.title}`, { maxWidth: LAB_WIDTH })),
      ...wrapped(topic.question),
    ],
    analysis.claims.flatMap((claim) => claimLines(claim, paint)),
    wrappedTable(analysis.table.columns, analysis.table.rows, paint),
    parameterLines(analysis.parameters, paint),
    analysis.models.flatMap((model) => modelLines(model, paint)),
    analysis.breakEvens.flatMap(({ text }) => wrapped(text, "break-even: ")),
    ...analysis.charts.map((chart) => terminalChart(chart, paint, LAB_WIDTH)),
    [
      ...checkLines(topic, paint),
      ...missingLines(topic, paint),
      ...analysis.notes.flatMap((note) => wrapped(note, "note: ")),
      paint.faint(effortLine(topic)),
    ],
  ];
  return sections
    .filter((section) => section.length > 0)
    .flatMap((section, at) => (at === 0 ? section : ["", ...section]));
}

/** The claim, the verdict on it and why. */
export function claimLines({ claim, verdict, why }: JudgedClaim, paint: Paint): string[] {
  const words = verdictText[verdict];
  const [first = "", ...rest] = wrapText(why, { width: LAB_WIDTH, lead: `${words}: ` });
  const stressed = verdict === "holds" ? paint.strong(words) : paint.alarm(words);
  return [
    ...wrapText(claim, { width: LAB_WIDTH, lead: "claim: " }),
    first.replace(words, () => stressed),
    ...rest,
  ];
}

/** Fitted parameters with their intervals, one a line. */
export function parameterLines(parameters: readonly FittedParameter[], paint: Paint): string[] {
  return wrappedTable(
    ["fitted", "", "value", "95 % interval", "unit"],
    parameters.map(({ symbol, meaning, unit, value }) => [
      symbol,
      meaning,
      formatFigure(value.likely),
      value.low === value.high ? "" : `${formatFigure(value.low)} to ${formatFigure(value.high)}`,
      unit,
    ]),
    paint,
  );
}

/** A model's formula, how far it is off, and what broke it. */
export function modelLines(
  { formula, fitError, heldOutError, broken }: FittedModel,
  paint: Paint,
): string[] {
  const fitted = `median ${formatPercent(fitError)} on the points it was fitted to`;
  const held =
    heldOutError === null ? "" : `, ${formatPercent(heldOutError)} on points it had not seen`;
  return [
    ...wrapText(formula, { width: LAB_WIDTH, lead: "model: " }),
    ...wrapText(fitted + held, { width: LAB_WIDTH, lead: "  error: " }),
    ...(broken === null
      ? []
      : wrapText(broken, { width: LAB_WIDTH, lead: "  breaks: " }).map((line) =>
          paint.alarm(line),
        )),
  ];
}

/** What could not be measured, a line for each reason; a series that stopped early is told apart. */
export function missingOf({ points }: TopicReport): string[] {
  const bySentence = new Map<string, Set<string>>();
  for (const { series, missing, values } of points) {
    if (missing === null) continue;
    const sentence = `${values.length === 0 ? "missing" : "cut short"}\n${missing}`;
    bySentence.set(sentence, (bySentence.get(sentence) ?? new Set()).add(series));
  }
  return [...bySentence].map(([sentence, series]) => {
    const [what = "", why = ""] = sentence.split(/\n(.*)/s);
    return `${what}: ${[...series].join("; ")}: ${why}`;
  });
}

/** Rounds, time and processes: how much effort the figures rest on. */
export function effortLine({ rounds, seconds, points, measuredAt }: TopicReport): string {
  const when =
    measuredAt === undefined ? "" : `, ${printable(measuredAt.slice(0, 16), { maxWidth: 16 })}Z`;
  return (
    `(${points.length} points, ${rounds} round${rounds === 1 ? "" : "s"}, ` +
    `${seconds.toFixed(seconds < 10 ? 1 : 0)} s${when})`
  );
}

function checkLines({ analysis }: TopicReport, paint: Paint): string[] {
  const failed = analysis.checks.filter(({ holds }) => !holds);
  const count = analysis.checks.length;
  if (count === 0) return [];
  if (failed.length === 0) return [`checks: all ${count} hold`];
  return failed.flatMap(({ check }) =>
    wrapText(check, { width: LAB_WIDTH, lead: "check failed: " }).map((line) => paint.alarm(line)),
  );
}

function missingLines(topic: TopicReport, paint: Paint): string[] {
  return missingOf(topic).flatMap((text) =>
    wrapText(text, { width: LAB_WIDTH }).map((line) => paint.faint(line)),
  );
}
