/**
 * bills: measures the pairs of programs side by side and bills each with `crossbill run`; prints Markdown,
 * or puts it into the README.
 *
 *   node examples/io/bills.js [--rounds N] [--write]
 *
 * Needs a build (./setup) and, for the fast recorder, root.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { median } from "../../bench/recorder/workload.js";
import { pairedRatio } from "../../packages/core/dist/paired-ratio.js";
import { shuffled } from "../../packages/core/dist/random-order.js";
import { targetName } from "../../packages/core/dist/target-name.js";
import { identifyMachine } from "../../packages/lab/dist/machine.js";
import { pairs, preparePair } from "./programs.js";

const crossbill = fileURLToPath(new URL("../../packages/cli/bin/crossbill.js", import.meta.url));
const readme = fileURLToPath(new URL("README.md", import.meta.url));
const MARK = "<!-- Made by node examples/io/bills.js --write, from here to the end. -->\n";
const LINES_SHOWN = 4;
const versions = ["plain", "library"];

function options() {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "5" },
      write: { type: "boolean", default: false },
    },
  });
  const rounds = Number(values.rounds);
  if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= 100))
    throw new Error("--rounds: a number from 1 to 100");
  return { rounds, write: values.write };
}

/** Elapsed time of a command, ns, and what it printed. */
function run([program, ...args]) {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  const ns = (performance.now() - began) * 1e6;
  if (status !== 0) throw new Error(`${args.join(" ")} failed: ${stderr}`);
  return { ns, stdout };
}

/** The lines of a bill by call and target, those that crossed most often first. */
function mostCrossed(lines) {
  const sums = new Map();
  for (const { syscall, target, count: calls, boundaryNs, kernelNs } of lines) {
    const name = targetName(target);
    const sum = sums.get(`${syscall} ${name}`) ?? { calls: 0, boundaryNs: 0, kernelNs: 0 };
    sums.set(`${syscall} ${name}`, {
      ...{ syscall, target: name, calls: sum.calls + calls },
      boundaryNs: sum.boundaryNs + boundaryNs,
      kernelNs: sum.kernelNs + kernelNs,
    });
  }
  return [...sums.values()].toSorted((x, y) => y.calls - x.calls).slice(0, LINES_SHOWN);
}

/** What a bill says of the crossings: how many, and where most of them went. */
function billOf(command, folder) {
  const [text, json] = [join(folder, "bill.txt"), join(folder, "bill.json")];
  const words = ["run", "--no-symbols", "-o", text, "--json", json, "--", ...command];
  run([process.execPath, crossbill, ...words]);
  const { audit, faults, lines } = JSON.parse(readFileSync(json, "utf8"));
  return {
    lines: mostCrossed(lines),
    crossings: audit.entered,
    faults: faults.minor.count + faults.major.count,
  };
}

function measurePair(pair, rounds, folder) {
  mkdirSync(folder);
  const commands = preparePair(pair, folder, pair.counts.bills);
  const said = versions.map((version) => run(commands[version]).stdout);
  if (said[0] !== said[1]) throw new Error(`${pair.name}: the versions print different things`);
  const ns = { plain: [], library: [] };
  for (let round = 0; round < rounds; round++)
    for (const version of shuffled(versions, Math.random))
      ns[version].push(run(commands[version]).ns);
  const bills = Object.fromEntries(
    versions.map((version) => [version, billOf(commands[version], folder)]),
  );
  // Plain to library, the other way round than a saving: how many times as fast.
  const times = ns.library.map((plainNs, round) => ({ plainNs, changedNs: ns.plain[round] }));
  return { name: pair.name, said: said[0].trim(), ns, bills, ratio: pairedRatio(times) };
}

const count = (value) => value.toLocaleString("en");

const duration = (ns) =>
  ns >= 1e6 ? `${(ns / 1e6).toFixed(1)} ms` : `${(ns / 1e3).toFixed(0)} us`;

/** A line of a bill. */
const billed = (version, { calls, boundaryNs, kernelNs, syscall, target }) =>
  `| ${[version, count(calls), duration(boundaryNs), duration(kernelNs), syscall, target].join(" | ")} |`;

function section({ name, said, ns, bills, ratio }) {
  const row = (version) => {
    const { crossings, faults } = bills[version];
    const ms = (median(ns[version]) / 1e6).toFixed(0);
    return `| ${version} | ${ms} ms | ${count(crossings)} | ${count(faults)} |`;
  };
  const { low, likely, high } = ratio;
  return [
    `## ${name}`,
    `Both print \`${said}\`. The library's version is ${likely.toFixed(2)} times as fast ` +
      `(${low.toFixed(2)} to ${high.toFixed(2)}).`,
    [
      "| version | elapsed | system calls | page faults |\n|---|---|---|---|",
      ...versions.map(row),
    ].join("\n"),
    [
      "| version | calls | at the boundary | in the kernel | call | target |\n|---|---|---|---|---|---|",
      ...versions.flatMap((version) => bills[version].lines.map((line) => billed(version, line))),
    ].join("\n"),
  ].join("\n\n");
}

function main() {
  const { rounds, write } = options();
  const folder = mkdtempSync(join(tmpdir(), "crossbill-examples-io-"));
  try {
    const results = pairs.map((pair) => measurePair(pair, rounds, join(folder, pair.name)));
    const { cpu, cpus, kernel } = identifyMachine();
    const about =
      `${cpu}, ${cpus} CPUs, Linux ${kernel}, Node ${process.version}; medians of ${rounds} interleaved ` +
      `rounds. Of each bill the ${LINES_SHOWN} lines with the most calls.`;
    const text = `${[about, ...results.map(section)].join("\n\n")}\n`.replaceAll(`${folder}/`, "");
    if (!write) process.stdout.write(text);
    else {
      const [written] = readFileSync(readme, "utf8").split(MARK);
      writeFileSync(readme, `${written}${MARK}\n${text}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

main();
