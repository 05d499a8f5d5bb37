/**
 * The bench of @crossbill/io: the library beside Node's own ways and the limits in C, interleaved in one run.
 *
 *   node bench/io/run.js [--rounds N] [--only ROW]... [--quick] [--no-inspect] [--json FILE]
 *
 * Needs a build (./setup), gcc, fio, and a quiet machine. A benchmark prints figures; it never fails on
 * them. What cannot be measured is said and left out.
 */
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { conditionsBetween, machineConditions } from "../../packages/lab/dist/conditions.js";
import { identifyMachine } from "../../packages/lab/dist/machine.js";
import { endAll } from "./contestant.js";
import { buildLimits } from "./limits.js";
import { makeFiles, pathsIn, sizes } from "./made-files.js";
import { measureRow } from "./measure-row.js";
import { dropCache } from "./page-cache.js";
import { rowsOf } from "./rows.js";
import { inspectionTable, rowTable, summaryTable } from "./table.js";

const USAGE =
  "usage: node bench/io/run.js [--rounds N] [--only ROW]... [--quick] [--no-inspect] [--json FILE]";
/** On a disk: what is in memory only cannot be cold. */
const FOLDER = "/var/tmp/crossbill-bench-io-";

function options() {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string" },
      only: { type: "string", multiple: true, default: [] },
      quick: { type: "boolean", default: false },
      "no-inspect": { type: "boolean", default: false },
      json: { type: "string" },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
    throw new Error("--rounds: a number from 1 to 100");
  return { ...values, rounds, inspects: !values["no-inspect"] };
}

/** The rows asked for, in their order. */
function chosen(rows, only) {
  const unknown = only.find((name) => !rows.some((row) => row.name.startsWith(name)));
  if (unknown !== undefined)
    throw new Error(
      `--only: no row "${unknown}"; there are ${rows.map(({ name }) => name).join(", ")}`,
    );
  return rows.filter(({ name }) => only.length === 0 || only.some((one) => name.startsWith(one)));
}

/** Progress, for whoever looks on. */
function tell(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}\u001b[K`);
  else if (text !== "") process.stderr.write(`${text}\n`);
}

function describe({ cpu, cpus, kernel }, { loadBefore, loadAfter, stealShare }, { rounds, seed }) {
  return [
    `${cpu}, ${cpus} CPUs, Linux ${kernel}, Node ${process.version}`,
    `medians of ${rounds} interleaved rounds, order seed ${seed}`,
    `load ${loadBefore} before, ${loadAfter} after; stolen ${(stealShare * 100).toFixed(1)} %`,
  ]
    .map((line) => `- ${line}`)
    .join("\n");
}

async function bench(folder, { rounds, only, quick, inspects, json }) {
  const seed = randomInt(2 ** 32);
  const size = quick ? sizes.quick : sizes.full;
  const paths = pathsIn(folder);
  const program = (name) => join(folder, name);
  const rows = chosen(rowsOf({ paths, folder, size, program, dropCache }), only);
  buildLimits(folder);
  tell("making the files");
  makeFiles(new Set(rows.flatMap(({ needs }) => needs)), paths, size, seed);
  const before = machineConditions();
  const results = [];
  for (const row of rows) {
    const result = await measureRow(row, { rounds, seed, inspects, folder, tell });
    results.push(result);
    tell("");
    process.stdout.write(`${rowTable(result)}\n`);
  }
  const machine = identifyMachine();
  const conditions = conditionsBetween(before, machineConditions());
  const about = describe(machine, conditions, { rounds, seed });
  process.stdout.write(
    `${[about, summaryTable(results), inspectionTable(results)].join("\n\n")}\n`,
  );
  const report = { rounds, seed, quick, machine, conditions, node: process.version, rows: results };
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 1)}\n`);
}

/** A wrong order is one line. */
function optionsOrEnd() {
  try {
    return options();
  } catch (error) {
    process.stderr.write(`bench/io: ${error.message}\n${USAGE}\n`);
    return process.exit(2);
  }
}

const asked = optionsOrEnd();
const folder = mkdtempSync(FOLDER);
const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
]) {
  process.once(signal, () => {
    endAll();
    remove();
    process.exit(code);
  });
}
try {
  await bench(folder, asked);
} catch (error) {
  process.stderr.write(`bench/io: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  endAll();
  remove();
}
