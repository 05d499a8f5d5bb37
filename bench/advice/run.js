/**
 * The bench of the advice: what the findings predict beside what the fixed twin really saves.
 *
 *   node bench/advice/run.js [--rounds N] [--json FILE] [--markdown FILE] [NAME...]
 *
 * Each round runs, in random order, the wasteful program bare, its twin bare, and the wasteful one
 * under crossbill, whose bill gives the prediction. Needs a build (./setup), root for the fast
 * recorder, gcc, python3 and sqlite3, and a quiet machine. It prints figures and never fails on them.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { shuffled } from "../../packages/core/dist/random-order.js";
import { identifyMachine } from "../../packages/lab/dist/machine.js";
import { median } from "../recorder/workload.js";
import { goldenPairs, realPairs } from "./pairs.js";

const crossbill = fileURLToPath(new URL("../../packages/cli/bin/crossbill.js", import.meta.url));

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "5" },
      json: { type: "string" },
      markdown: { type: "string" },
    },
  });
  const rounds = Number.parseInt(values.rounds, 10);
  if (!(rounds >= 1 && rounds <= 100)) throw new Error("--rounds: a number from 1 to 100");
  return { ...values, rounds, names: positionals };
}

/** Runs a command in `folder` and gives its elapsed time, ns. */
function elapsed(command, folder) {
  const start = performance.now();
  const { status, stderr } = spawnSync(command[0], command.slice(1), {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ns = (performance.now() - start) * 1e6;
  if (status !== 0) throw new Error(`${command.join(" ")} failed: ${stderr.toString()}`);
  return ns;
}

/** The bill of a command run in `folder`. */
function billOf(command, folder, scratch) {
  const [json, text] = [join(scratch, "bill.json"), join(scratch, "bill.txt")];
  elapsed(
    [process.execPath, crossbill, "run", "--json", json, "-o", text, "--", ...command],
    folder,
  );
  return JSON.parse(readFileSync(json, "utf8"));
}

/** What the bill predicts of the change: the findings that it follows, added up. */
function prediction(bill, codes) {
  const followed = bill.findings.filter(({ code }) => codes.includes(code));
  const sum = (part) =>
    followed.reduce((all, { saving }) => all + shareOf(saving, saving[part]), 0);
  const most = (value) => Math.min(1, value);
  return {
    low: most(sum("lowNs")),
    likely: most(sum("likelyNs")),
    high: most(sum("highNs")),
    first: bill.findings[0]?.code ?? "(leave it)",
  };
}

const shareOf = ({ likelyNs, likelyShare }, ns) =>
  likelyNs > 0 ? (ns / likelyNs) * likelyShare : 0;

function measurePair(pair, rounds, scratch) {
  const folder = join(scratch, "work");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  pair.set(folder);
  const seen = { wasteful: [], fixed: [], predicted: [] };
  const steps = {
    wasteful: () => seen.wasteful.push(elapsed(pair.wasteful, folder)),
    fixed: () => seen.fixed.push(elapsed(pair.fixed, folder)),
    predicted: () =>
      seen.predicted.push(prediction(billOf(pair.wasteful, folder, scratch), pair.codes)),
  };
  // The first run of each makes what the program needs and fills the page cache.
  for (const command of [pair.wasteful, pair.fixed]) elapsed(command, folder);
  for (let round = 0; round < rounds; round++) {
    for (const step of shuffled(Object.keys(steps), Math.random)) steps[step]();
  }
  const twin = billOf(pair.fixed, folder, scratch).findings.map(({ code }) => code);
  return resultOf(pair, seen, twin);
}

function resultOf({ name, codes }, { wasteful, fixed, predicted }, twin) {
  const of = (part) => median(predicted.map((one) => one[part]));
  const measured = 1 - median(fixed) / median(wasteful);
  const [low, likely, high] = [of("low"), of("likely"), of("high")];
  return {
    ...{ name, measured, low, likely, high, elapsedNs: median(wasteful) },
    first: predicted.map(({ first }) => first),
    twinSilent: !twin.some((code) => codes.includes(code)),
    error: Math.abs(likely - measured),
    // Between one run and the next a bare program differs by a few percent of itself.
    covered: measured >= low - NOISE && measured <= high + NOISE,
    signWrong: likely > 0 && measured < -NOISE,
  };
}

/** What two medians of the same program differ by on a quiet virtual machine. */
const NOISE = 0.02;

const ABOUT = `# Predicted and measured savings

<!-- Made by: node bench/advice/run.js --markdown FILE; see bench/advice/README.md. -->

For each wasteful program: the saving that its bill's findings predict, as a share of the elapsed
time, beside what its fixed twin really saved. Programs named by a finding are in
[examples/golden](../examples/golden); the others are real programs used badly and well. The prices
of the findings were tuned on these programs and this machine, so it is no independent test of them;
\`crossbill try\` and \`crossbill scoreboard\` say how they do on yours.`;

const percent = (share) => `${(share * 100).toFixed(1)} %`;

function row({ name, elapsedNs, first, likely, low, high, measured, error, covered, twinSilent }) {
  const firsts = [...new Set(first)].join(", ");
  const interval = likely === 0 ? "" : ` (${percent(low)} to ${percent(high)})`;
  return (
    `| ${name} | ${(elapsedNs / 1e6).toFixed(0)} | ${firsts} | ${percent(likely)}${interval} | ` +
    `${percent(measured)} | ${percent(error)} | ${covered ? "yes" : "no"} | ${twinSilent ? "yes" : "no"} |`
  );
}

function summary(results) {
  const covered = results.filter((one) => one.covered).length / results.length;
  const wrong = results.filter(({ signWrong }) => signWrong).length;
  const loud = results.filter(({ twinSilent }) => !twinSilent).length;
  return (
    `median absolute error ${percent(median(results.map(({ error }) => error)))} of the elapsed time; ` +
    `the interval covers the measured saving in ${percent(covered)} of ${results.length}; ` +
    `wrong sign: ${wrong}; twins with the finding: ${loud}`
  );
}

const { rounds, names, json, markdown } = options();
const scratch = mkdtempSync(join(tmpdir(), "crossbill-advice-"));
try {
  const isChosen = (name) => names.length === 0 || names.some((one) => name.startsWith(one));
  const chosen = [
    ...goldenPairs(scratch, isChosen),
    ...realPairs.filter(({ name }) => isChosen(name)),
  ];
  const results = [];
  for (const pair of chosen) {
    process.stderr.write(`${pair.name}\n`);
    try {
      results.push(measurePair(pair, rounds, scratch));
    } catch (error) {
      process.stderr.write(`not measured: ${error.message}\n`);
    }
  }
  const { cpu, kernel } = identifyMachine();
  const text = [
    `${cpu}, Linux ${kernel}; ${rounds} rounds`,
    "",
    "| program | ms | first finding | predicted saving | measured | error | covered | twin silent |",
    "|---|---|---|---|---|---|---|---|",
    ...results.map(row),
    "",
    summary(results),
  ].join("\n");
  process.stdout.write(`${text}\n`);
  if (json !== undefined) writeFileSync(json, JSON.stringify(results, null, 1));
  if (markdown !== undefined) writeFileSync(markdown, `${ABOUT}\n\n${text}\n`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
