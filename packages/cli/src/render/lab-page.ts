/** Lab page: a lab report as one HTML file that needs nothing from elsewhere, and may ask for nothing. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { LabReport, TopicReport } from "@crossbill/core";
import { topicSection, verdictBadge } from "./lab-page-topic.ts";
import { conditionsLine } from "./lab-report.ts";
import { dataBlock, html, Markup } from "./markup.ts";
import { formatBytes } from "./numbers.ts";
import { pageChart } from "./page-chart.ts";

const LEAD =
  "What crossings of the user-kernel boundary cost on one machine, and what that makes of the textbook.";
const INTERRUPTED = "This run was interrupted: not all topics that were asked for are in it.";
const INTERVALS = "Intervals hold the middle 95 % of fresh processes or of resampled rounds.";

/** Beside src and dist, so that the one path serves both. */
const asset = (name: string): string =>
  readFileSync(new URL(`../../page/${name}`, import.meta.url), "utf8");
const library = (name: string): string =>
  readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), "utf8");

/** The whole page. */
export function labPage(report: LabReport): string {
  const styles = [library("uPlot.min.css"), asset("lab.css")];
  const scripts = [library("uPlot.iife.min.js"), asset("lab.js")];
  const charts = report.topics.map(({ analysis }) => analysis.charts.map(pageChart));
  const { machine } = report;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(styles, scripts)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>crossbill lab: ${machine.cpu}, Linux ${machine.kernel}</title>
${styles.map((text) => new Markup(`<style>${text}</style>\n`))}</head>
<body>
<header>
<h1>crossbill lab</h1>
<p class="lead">${LEAD}</p>
${machineList(report)}
</header>
<main>
${report.complete ? null : html`<p class="callout alarm">${INTERRUPTED}</p>`}
${summary(report.topics)}
${report.topics.map((topic, at) => topicSection(topic, charts[at] ?? []))}
</main>
<footer><p>${conditionsLine(report)}.</p>
<p>Measured by crossbill ${report.measuredAt.slice(0, 16)}Z. ${INTERVALS}</p></footer>
${dataBlock("charts", charts)}
${scripts.map((text) => new Markup(`<script>${text}</script>\n`))}</body>
</html>
`;
  return page.text;
}

/** Nothing is loaded, and only these styles and scripts count: whatever a name in the report says. */
function policy(styles: readonly string[], scripts: readonly string[]): string {
  const hashes = (texts: readonly string[]) =>
    texts.map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`).join(" ");
  return (
    `default-src 'none'; style-src ${hashes(styles)}; script-src ${hashes(scripts)}; ` +
    "base-uri 'none'; form-action 'none'"
  );
}

function machineList({ machine, quick }: LabReport): Markup {
  const on = Object.entries(machine.mitigations).filter(([, state]) =>
    state.startsWith("Mitigation"),
  );
  const facts: readonly (readonly [string, string])[] = [
    [
      "CPU",
      `${machine.cpu}, ${machine.cpus} × ${machine.architecture}, ${formatBytes(machine.memoryBytes)}`,
    ],
    ["kernel", `Linux ${machine.kernel}, ${machine.distribution}`],
    ["hypervisor", machine.hypervisor ?? "unknown"],
    ["mitigations on", on.length === 0 ? "none" : on.map(([name]) => name).join(", ")],
    ["clock", machine.clockSource ?? "unknown"],
    ["governor", machine.governor ?? "unknown"],
    ["huge pages", machine.transparentHugePages ?? "unknown"],
    ["run", quick ? "quick: wide intervals" : "full"],
  ];
  const items = facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`);
  return html`<dl class="facts">${items}</dl>`;
}

function summary(topics: readonly TopicReport[]): Markup {
  const rows = topics.flatMap(({ name, title, analysis }) =>
    analysis.claims.map(
      ({ claim, verdict }) =>
        html`<tr><th scope="row"><a href="#topic-${name}">${title}</a></th>
<td>${verdictBadge(verdict)}</td><td>${claim}</td></tr>
`,
    ),
  );
  return html`<section aria-labelledby="verdicts"><h2 id="verdicts">Verdicts</h2>
<div class="scroll"><table class="verdicts"><thead>
<tr><th scope="col">topic</th><th scope="col">verdict</th><th scope="col">claim</th></tr></thead><tbody>
${rows}</tbody></table></div></section>`;
}
