/** Explain: a topic in a screenful: what was found on this machine, and what happens in the kernel. */
import type { Machine, TopicReport } from "@crossbill/core";
import type { Experiment } from "@crossbill/lab";
import { cutShown } from "./columns.ts";
import { claimLines, missingOf, modelLines, parameterLines } from "./lab-topic.ts";
import { counted } from "./numbers.ts";
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

/** Lines of a usual window, less one for the next prompt. */
export const SCREEN_LINES = 40;
/** Of these, for the claims and for the break-evens; figures get what the others leave. */
const CLAIM_LINES = 14;
const BREAK_EVEN_LINES = 4;
/** Columns of a reason, about three lines. */
const REASON_WIDTH = 190;

const wrapped = (text: string, lead = "") => wrapText(text, { width: LAB_WIDTH, lead });

/** Sections of lines, an empty line between them. */
function apart(sections: readonly (readonly string[])[]): string[] {
  return sections
    .filter((section) => section.length > 0)
    .flatMap((section, at) => (at === 0 ? [...section] : ["", ...section]));
}

function headingOf({ title, question }: Experiment, paint: Paint): string[] {
  return [paint.strong(title), ...wrapped(question)];
}

function machineOf({ topic, machine, quick, measuredAt }: KnownTopic): string[] {
  const { rounds } = topic;
  return wrapped(
    `This machine: ${machine.cpu}, Linux ${machine.kernel}, measured ${measuredAt.slice(0, 10)} ` +
      `in a ${quick ? "quick" : "full"} run of ${counted(rounds, "round")}`,
  );
}

/** All there is to say of a topic, however long. */
export function wholeExplanation(
  experiment: Experiment,
  known: KnownTopic,
  paint: Paint,
): string[] {
  const { analysis } = known.topic;
  return apart([
    headingOf(experiment, paint),
    machineOf(known).map((line) => paint.strong(line)),
    analysis.claims.flatMap((claim) => claimLines(claim, paint)),
    analysis.breakEvens.flatMap(({ text }) => wrapped(text, "break-even: ")),
    parameterLines(analysis.parameters, paint),
    analysis.models.flatMap((model) => modelLines(model, paint)),
    missingOf(known.topic).flatMap((text) => wrapped(text)),
    ...experiment.background.map((paragraph) => wrapped(paragraph)),
    [paint.faint(`table and charts: crossbill lab ${experiment.name}`)],
  ]);
}

/** The first of the things that fit into so many lines, and how many do not. */
interface Fitted {
  readonly lines: readonly string[];
  readonly left: number;
}

function fitting(things: readonly (readonly string[])[], room: number): Fitted {
  const lines: string[] = [];
  for (const [at, thing] of things.entries()) {
    if (lines.length + thing.length > room) return { lines, left: things.length - at };
    lines.push(...thing);
  }
  return { lines, left: 0 };
}

/** The figures that fit, under their titles; the widths are those of the figures shown. */
function figuresIn({ topic }: KnownTopic, room: number, paint: Paint): Fitted {
  const { parameters } = topic.analysis;
  for (let count = parameters.length; count > 0; count--) {
    const lines = parameterLines(parameters.slice(0, count), paint);
    if (lines.length <= room) return { lines, left: parameters.length - count };
  }
  return { lines: [], left: parameters.length };
}

/** What is not shown, and where all of it is. */
function footer(
  name: string,
  left: readonly (readonly [number, string])[],
  paint: Paint,
): string[] {
  const more = left.filter(([count]) => count > 0).map(([count, what]) => counted(count, what));
  const whole =
    more.length === 0 ? "" : `${more.join(", ")} more: crossbill explain ${name} --all; `;
  const lines = wrapped(`${whole}table and charts: crossbill lab ${name}`);
  return lines.map((line) => paint.faint(line));
}

/** The answer and the shortest reason for it, in SCREEN_LINES. */
export function explainLines(experiment: Experiment, known: KnownTopic, paint: Paint): string[] {
  const { name, background } = experiment;
  const { analysis } = known.topic;
  const short = analysis.claims.map((one) => ({ ...one, why: cutShown(one.why, REASON_WIDTH) }));
  const claims = fitting(
    short.map((claim) => claimLines(claim, paint)),
    CLAIM_LINES,
  );
  const breakEvens = fitting(
    analysis.breakEvens.map(({ text }) => wrapped(text, "break-even: ")),
    BREAK_EVEN_LINES,
  );
  const [first = "", ...others] = background;
  const sections = (figures: Fitted): string[] =>
    apart([
      headingOf(experiment, paint),
      machineOf(known).map((line) => paint.strong(line)),
      claims.lines,
      breakEvens.lines,
      figures.lines,
      wrapped(first),
      footer(
        name,
        [
          [claims.left, "claim"],
          [breakEvens.left, "break-even"],
          [figures.left, "figure"],
          [analysis.models.length, "model"],
          [missingOf(known.topic).length, "gap"],
          [others.length, "paragraph"],
        ],
        paint,
      ),
    ]);
  const without = sections({ lines: [], left: analysis.parameters.length }).length;
  return sections(figuresIn(known, SCREEN_LINES - without - 1, paint));
}
