/** Explain: a topic in a screenful: what happens, the model, and the figures of this machine. */
import type { Machine, TopicReport } from "@crossbill/core";
import type { Experiment } from "@crossbill/lab";
import { claimLines, missingOf, modelLines, parameterLines } from "./lab-topic.ts";
import type { Paint } from "./paint.ts";
import { wrapText } from "./wrap.ts";
import { LAB_WIDTH } from "./wrapped-table.ts";

/** A topic as it was measured here. */
export interface KnownTopic {
  readonly topic: TopicReport;
  readonly machine: Machine;
  readonly quick: boolean;
  readonly measuredAt: string;
}

export function explainLines(
  { name, title, question, background }: Experiment,
  { topic, machine, quick, measuredAt }: KnownTopic,
  paint: Paint,
): string[] {
  const wrapped = (text: string, lead = "") => wrapText(text, { width: LAB_WIDTH, lead });
  const { analysis, rounds } = topic;
  const figures =
    `This machine: ${machine.cpu}, Linux ${machine.kernel}, measured ${measuredAt.slice(0, 10)} ` +
    `in a ${quick ? "quick" : "full"} run of ${rounds} round${rounds === 1 ? "" : "s"}`;
  const sections = [
    [paint.strong(title), ...wrapped(question)],
    ...background.map((paragraph) => wrapped(paragraph)),
    [paint.strong(wrapped(figures).join("\n")), ...parameterLines(analysis.parameters, paint)],
    analysis.models.flatMap((model) => modelLines(model, paint)),
    analysis.breakEvens.flatMap(({ text }) => wrapped(text, "break-even: ")),
    analysis.claims.flatMap((claim) => claimLines(claim, paint)),
    missingOf(topic).flatMap((text) => wrapped(text)),
    [paint.faint(`table and charts: crossbill lab ${name}`)],
  ];
  return sections
    .filter((section) => section.length > 0)
    .flatMap((section, at) => (at === 0 ? section : ["", ...section]));
}
