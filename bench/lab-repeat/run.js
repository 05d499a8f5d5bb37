/**
 * The bench of the lab's own repeatability: whole runs one after another, and how far they differ.
 *
 *   node bench/lab-repeat/run.js [--runs 3] [--quick] [--json FILE] [TOPIC...]
 *
 * Needs a build (./setup), root for all topics, and a quiet machine for about eight minutes a run.
 * A benchmark prints figures; it never fails on them.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { run } from "../../packages/lab/dist/index.js";
import { median } from "../recorder/workload.js";

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: "string", default: "3" },
      quick: { type: "boolean", default: false },
      json: { type: "string" },
    },
  });
  const runs = Number.parseInt(values.runs, 10);
  if (!(runs >= 2 && runs <= 20)) throw new Error("--runs: a number from 2 to 20");
  return { ...values, runs, topics: positionals };
}

/** The same topic of every run, two by two. */
function pairs(reports, name) {
  const same = reports.map(({ topics }) => topics.find((topic) => topic.name === name));
  return same.flatMap((a, at) => same.slice(at + 1).map((b) => [a.analysis, b.analysis]));
}

/** How far apart one parameter is in two runs, as a share of their mean, and whether intervals meet. */
function changes([a, b]) {
  return a.parameters.flatMap(({ symbol, value }) => {
    const other = b.parameters.find((one) => one.symbol === symbol)?.value;
    const mean = (value.likely + (other?.likely ?? Number.NaN)) / 2;
    if (!(mean > 0)) return [];
    const meet = value.low <= other.high && other.low <= value.high;
    return [{ symbol, change: Math.abs(value.likely - other.likely) / mean, meet }];
  });
}

const percent = (share) => (Number.isFinite(share) ? `${(share * 100).toFixed(1)} %` : "");

function row(reports, name) {
  const all = pairs(reports, name).flatMap(changes);
  const analyses = reports.map(
    ({ topics }) => topics.find((topic) => topic.name === name).analysis,
  );
  const worst = all.toSorted((a, b) => b.change - a.change)[0];
  const held = analyses.flatMap(({ models }) => models.flatMap((one) => one.heldOutError ?? []));
  const verdicts = analyses.map(({ claims }) => claims.map(({ verdict }) => verdict).join(", "));
  const same = new Set(verdicts).size === 1 ? "the same" : "differ";
  const meet = all.length === 0 ? "" : percent(all.filter((one) => one.meet).length / all.length);
  const typical = all.length === 0 ? "" : percent(median(all.map(({ change }) => change)));
  const most = worst === undefined ? "" : `${percent(worst.change)} (${worst.symbol})`;
  const errors = held.length === 0 ? "" : `${percent(median(held))}, ${percent(Math.max(...held))}`;
  return `| ${name} | ${typical} | ${most} | ${meet} | ${errors} | ${same} |`;
}

const { runs, quick, json, topics } = options();
const reports = [];
for (let number = 1; number <= runs; number++) {
  process.stderr.write(`run ${number} of ${runs}\n`);
  reports.push(await run({ quick, ...(topics.length > 0 ? { topics } : {}) }));
}
const [{ machine }] = reports;
const loads = reports.map(({ conditions }) => conditions.loadBefore.toFixed(1)).join(", ");
console.log(`${machine.cpu}, Linux ${machine.kernel}; ${runs} runs, load before each ${loads}\n`);
console.log(
  "| topic | parameters differ by, median | most | intervals meet | held-out error, median and most | verdicts |",
);
console.log("|---|---|---|---|---|---|");
for (const { name } of reports[0].topics) console.log(row(reports, name));
const all = reports[0].topics.flatMap(({ name }) => pairs(reports, name).flatMap(changes));
const held = reports.flatMap((report) =>
  report.topics.flatMap(({ analysis }) => analysis.models.flatMap((one) => one.heldOutError ?? [])),
);
console.log(
  `\nall: parameters differ by ${percent(median(all.map(({ change }) => change)))} (median), ` +
    `held-out error ${percent(median(held))} (median)`,
);
if (json !== undefined) writeFileSync(json, JSON.stringify(reports));
