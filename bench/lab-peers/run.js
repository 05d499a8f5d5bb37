/**
 * The bench of the lab: its costs beside those of other tools, interleaved in one run.
 *
 *   node bench/lab-peers/run.js [--rounds N] [--json FILE]
 *
 * Needs a build (./setup), fio, perf and gcc, and a quiet machine. A benchmark prints figures; it
 * never fails on them. A tool that is not there is said and left out.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { shuffled } from "../../packages/core/dist/random-order.js";
import { identifyMachine } from "../../packages/lab/dist/machine.js";
import { median } from "../recorder/workload.js";
import { peers } from "./peers.js";

const AGREED = 0.15;

function rounds() {
  const { values } = parseArgs({
    options: { rounds: { type: "string", default: "5" }, json: { type: "string" } },
  });
  const count = Number.parseInt(values.rounds, 10);
  if (!(count >= 1 && count <= 100)) throw new Error("--rounds: a number from 1 to 100");
  return { count, json: values.json };
}

/** One pair of figures of a row, in random order; the reason when either side failed. */
function pair(row) {
  const sides = shuffled(["ours", "theirs"], Math.random);
  return Object.fromEntries(sides.map((side) => [side, row[side]()]));
}

/** Progress, for a person who looks on. */
function show(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}\u001b[K`);
}

function measure(rows, count) {
  const results = rows.map((row) => ({ ...row, pairs: [], missing: null }));
  for (let round = 0; round < count; round++) {
    for (const row of shuffled(results, Math.random)) {
      if (row.missing !== null) continue;
      show(`round ${round + 1} of ${count}: ${row.what}`);
      try {
        row.pairs.push(pair(row));
      } catch (error) {
        row.missing = error.message;
      }
    }
  }
  show("");
  return results;
}

function line({ what, peer, pairs, missing }) {
  if (missing !== null) return `| ${what} | ${peer} | | | not measured: ${missing} |`;
  const ours = median(pairs.map((one) => one.ours));
  const theirs = median(pairs.map((one) => one.theirs));
  const ratio = median(pairs.map((one) => one.ours / one.theirs));
  const verdict = Math.abs(ratio - 1) <= AGREED ? "agrees" : "differs";
  return `| ${what} | ${peer} | ${ours.toFixed(0)} | ${theirs.toFixed(0)} | ${ratio.toFixed(2)} (${verdict}) |`;
}

const { count, json } = rounds();
const folder = mkdtempSync("/var/tmp/crossbill-lab-peers-");
try {
  const perCall = join(folder, "per-call");
  const source = new URL("per-call.c", import.meta.url).pathname;
  execFileSync("gcc", ["-O2", "-Wall", "-Wextra", "-Werror", "-o", perCall, source]);
  const results = measure(peers(folder, perCall), count);
  const { cpu, kernel } = identifyMachine();
  console.log(`${cpu}, Linux ${kernel}; medians of ${count} interleaved rounds\n`);
  console.log("| what | peer | lab, ns | peer, ns | lab / peer |\n|---|---|---|---|---|");
  for (const row of results) console.log(line(row));
  if (json !== undefined) writeFileSync(json, JSON.stringify(results, null, 2));
} finally {
  rmSync(folder, { recursive: true });
}
