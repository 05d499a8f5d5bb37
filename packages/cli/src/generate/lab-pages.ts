/** Pages of the lab, made from the experiments' own texts: docs/lab/. */
import { type Experiment, experiments } from "@crossbill/lab";
import { cell, prose } from "./markdown.ts";

const MADE =
  "<!-- Made by tools/generate-docs.js from packages/lab/src/experiments; do not edit. -->";

/** File name below docs/lab/ and its content. */
export function labPages(): ReadonlyMap<string, string> {
  return new Map([
    ["README.md", index()],
    ...experiments.map((experiment) => [`${experiment.name}.md`, page(experiment)] as const),
  ]);
}

function index(): string {
  const rows = experiments.map(
    ({ name, title, question }) => `| [${cell(title)}](${name}.md) | ${cell(question)} |`,
  );
  return [
    "# The lab, topic by topic",
    MADE,
    "`crossbill lab` measures these on your machine, fits a model of the cost to each, tries it on " +
      "points it has not seen, and says of each claim: holds, does not hold, or cannot tell here.",
    ["| topic | question |", "|---|---|", ...rows].join("\n"),
    "How it is measured: [measuring.md](../measuring.md). " +
      "What the JSON holds: [lab.schema.json](../schemas/lab.schema.json).",
  ]
    .join("\n\n")
    .concat("\n");
}

function page({ name, title, question, claim, background, budgetSeconds }: Experiment): string {
  const file = `packages/lab/src/experiments/${name}.ts`;
  return [
    `# ${prose(title)}`,
    MADE,
    `*${prose(question)}*`,
    "## The claim",
    prose(claim),
    "## What happens, and the model",
    ...background.map(prose),
    "## On your machine",
    [
      "```sh",
      `npx crossbill lab ${name}      # about ${Math.ceil(budgetSeconds)} s; --quick takes an eighth`,
      `npx crossbill explain ${name}  # this text with your machine's figures`,
      "```",
    ].join("\n"),
    `The experiment is [${file}](../../${file}). [All topics](README.md).`,
  ]
    .join("\n\n")
    .concat("\n");
}
