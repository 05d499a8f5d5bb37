/** Comparison in text: what the machines differ in, then figure beside figure. */
import type { Interval } from "@crossbill/core";
import type { ComparedFigure, Comparison } from "../comparison.ts";
import { formatFigure } from "./numbers.ts";
import type { Paint } from "./paint.ts";
import { wrapText } from "./wrap.ts";
import { wrappedTable } from "./wrapped-table.ts";

/** Two figures with their intervals need more room than one; the bill is as wide. */
const WIDTH = 100;

/** `names` are what the user calls the two. */
export function comparisonLines(
  comparison: Comparison,
  names: readonly [string, string],
  paint: Paint,
): string[] {
  const { machine, figures, verdicts } = comparison;
  const groups = [...new Set(figures.map(({ group }) => group))];
  const sections = [
    [
      ...wrapText(names[0], { width: WIDTH, lead: "a: " }),
      ...wrapText(names[1], { width: WIDTH, lead: "b: " }),
    ],
    machine.length === 0
      ? ["the same machine, kernel and settings"]
      : machine.flatMap(({ what, a, b }) => [
          paint.faint(`${wrapText(what, { width: WIDTH }).join(" ")}:`),
          ...wrapText(a, { width: WIDTH, lead: "  a: " }),
          ...wrapText(b, { width: WIDTH, lead: "  b: " }),
        ]),
    ...groups.map((group) => {
      const own = figures.filter((figure) => figure.group === group);
      const title = wrapText(group, { width: WIDTH }).join(" ");
      return [
        paint.strong(title),
        ...figureLines(own.filter(isInBoth), paint),
        ...onlyIn("a", own),
        ...onlyIn("b", own),
      ];
    }),
    wrappedTable(
      ["verdict a", "verdict b", "topic", "claim"],
      verdicts.filter(isInBoth).map(({ topic, claim, a, b }) => [a ?? "", b ?? "", topic, claim]),
      paint,
      WIDTH,
    ),
    wrapText(summary(comparison), { width: WIDTH }),
  ];
  return sections
    .filter((section) => section.length > 0)
    .flatMap((section, at) => (at === 0 ? section : ["", ...section]));
}

function isInBoth({ a, b }: { readonly a: unknown; readonly b: unknown }): boolean {
  return a !== null && b !== null;
}

/** The figures that the other side lacks; of a whole topic its name says enough. */
function onlyIn(side: "a" | "b", all: readonly ComparedFigure[]): string[] {
  const other = side === "a" ? "b" : "a";
  const figures = all.filter((figure) => figure[other] === null);
  if (figures.length === 0) return [];
  if (figures.length === all.length) return [`only in ${side}`];
  const names = figures.map(({ name }) => name).join("; ");
  return wrapText(names, { width: WIDTH, lead: `only in ${side}: ` });
}

const differenceText: Record<ComparedFigure["difference"], string> = {
  differs: "DIFFERS",
  "same within noise": "same",
  "cannot tell": "?",
};

function figureLines(figures: readonly ComparedFigure[], paint: Paint): string[] {
  return wrappedTable(
    ["", "a", "b", "b / a", ""],
    figures.map(({ name, unit, a, b, ratio, difference }) => [
      unit === "" ? name : `${name} (${unit})`,
      shown(a),
      shown(b),
      ratio === null ? "-" : formatFigure(ratio.likely),
      differenceText[difference],
    ]),
    paint,
    WIDTH,
  );
}

function shown(interval: Interval | null): string {
  if (interval === null) return "-";
  const { low, likely, high } = interval;
  return low === high
    ? formatFigure(likely)
    : `${formatFigure(likely)} (${formatFigure(low)}-${formatFigure(high)})`;
}

function summary({ figures, verdicts }: Comparison): string {
  const count = (of: ComparedFigure["difference"]) =>
    figures.filter(({ difference }) => difference === of).length;
  const turned = verdicts.filter(({ a, b }) => a !== null && b !== null && a !== b).length;
  return [
    `${count("differs")} differ, ${count("same within noise")} are the same within noise`,
    ...(count("cannot tell") > 0
      ? [`${count("cannot tell")} cannot be told (?: one round, or one side only)`]
      : []),
    ...(turned > 0 ? [`verdicts that differ: ${turned}`] : []),
  ].join("; ");
}
