/** The page of findings, made from the rules' own texts: docs/findings.md. */
import {
  CHANCE_NS,
  type FindingRule,
  findingRules,
  LEAST_SHARE,
  leaveRules,
} from "@crossbill/core";
import { cell, prose } from "./markdown.ts";

const MADE =
  "<!-- Made by tools/generate-docs.js from packages/core/src/findings; do not edit. -->";

type Described = Omit<FindingRule, "look">;

export function findingsPage(): string {
  const rules: readonly Described[] = [...findingRules, ...leaveRules];
  return [
    "# Findings",
    MADE,
    "A finding is one piece of advice: what would save how much of the elapsed time, as an interval, " +
      "with the bound that no change of these calls can exceed. Its figures come from the bill and " +
      "from the prices of the machine. A finding that would save less than " +
      `${LEAST_SHARE * 100} % of the elapsed time, or less than its own error, is set aside; ` +
      `\`--all\` shows what was, and why. ` +
      `No single run tells ${CHANCE_NS / 1e6} ms from chance, unless the low end alone is worth it.`,
    [
      "| code | finding | tried by |",
      "|---|---|---|",
      ...rules.map(
        ({ code, title, trial }) =>
          `| [${code}](#${code}) | ${cell(title)} | ${trialText(trial)} |`,
      ),
    ].join("\n"),
    ...rules.map(section),
  ]
    .join("\n\n")
    .concat("\n");
}

function trialText(trial: Described["trial"]): string {
  if (trial === null) return "";
  return trial === "live" ? "`crossbill try --live`" : "`crossbill try`";
}

function section({ code, title, needs, gate, priced, fix, beware }: Described): string {
  const languages = [
    ["C", fix.c],
    ["Node", fix.node],
    ["Python", fix.python],
    ["Go", fix.go],
  ] as const;
  return [
    `## ${code}`,
    `*${prose(title)}*`,
    [
      `- Evidence: ${prose(needs)}`,
      `- Silent: ${prose(gate)}`,
      `- Saving: ${prose(priced)}`,
      `- Beware: ${prose(beware)}`,
    ].join("\n"),
    ["```", ...languages.map(([language, text]) => indented(`${language}: `, text)), "```"].join(
      "\n",
    ),
  ].join("\n\n");
}

function indented(lead: string, text: string): string {
  return lead + text.replaceAll("\n", `\n${" ".repeat(lead.length)}`);
}
