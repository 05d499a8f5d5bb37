/** measure-row: all rounds of one row, each way once in each round, in random order. */
import { pairedRatio } from "../../packages/core/dist/paired-ratio.js";
import { randomNumbers, shuffled } from "../../packages/core/dist/random-order.js";
import { median } from "../recorder/workload.js";
import { outputOf, timedRun } from "./contestant.js";
import { inspect } from "./inspect.js";
import { warm } from "./page-cache.js";

/** How each kind of way gives its result. */
const kinds = {
  /** Times itself, between "ready" and its result. */
  way: (way, beforeWork) => timedRun(way.commandOf("timed"), way, beforeWork),
  /** Another's program, which prints what it measured. */
  tool: async (way) => way.read(await outputOf(way.commandOf(), way)),
  /** Another's program, whose whole run is the work. */
  async whole(way) {
    const began = performance.now();
    await outputOf(way.commandOf(), way);
    return { ns: (performance.now() - began) * 1e6, units: 1, check: null };
  },
};

/** The library's part missing, a tool missing: the way is left out from then on, with the reason. */
async function runOnce(entry, row) {
  try {
    const result = await kinds[entry.way.kind](entry.way, row.beforeWork);
    row.check ??= result.check;
    if (result.check !== null && result.check !== row.check)
      throw new Error(`it found ${result.check}, others ${row.check}`);
    return result;
  } catch (error) {
    entry.missing = error.message;
    return null;
  }
}

async function allRounds(row, entries, { rounds, seed, tell }) {
  const random = randomNumbers(seed);
  for (const path of row.warm) warm(path);
  for (let round = 0; round < rounds; round++) {
    for (const entry of shuffled(entries, random)) {
      if (entry.missing !== null) continue;
      tell(`${row.name}: round ${round + 1} of ${rounds}: ${entry.way.label}`);
      const result = await runOnce(entry, row);
      if (result !== null) entry.runs.set(round, result);
    }
  }
}

async function allInspections(row, entries, { folder, tell }) {
  for (const entry of entries) {
    if (!entry.way.inspected || entry.missing !== null) continue;
    tell(`${row.name}: turns, memory and crossings: ${entry.way.label}`);
    try {
      const how = { options: entry.way, beforeWork: row.beforeWork, folder };
      entry.inspected = await inspect(entry.way.commandOf, how);
    } catch (error) {
      entry.inspected = { missing: error.message };
    }
  }
}

const nsOf = ({ ns, units }) => ns / units;

/** Of several ways the one with the least median; undefined when none was measured. */
function fastest(entries) {
  const measured = entries.filter(({ missing }) => missing === null);
  return measured.toSorted((a, b) => a.nsEach - b.nsEach)[0];
}

/** What one way reached against the best of some others. */
function reached({ ours, against, aim, form }, entries) {
  const find = (label) => entries.find(({ way }) => way.label === label);
  const own = find(ours);
  const other = fastest(against.map(find));
  const what = { ours, against: other?.way.label ?? against.join(", "), aim, form };
  if (other === undefined || own.missing !== null) return { ...what, ratio: null };
  const pairs = [...own.runs].flatMap(([round, run]) => {
    const theirs = other.runs.get(round);
    if (theirs === undefined) return [];
    const [ownNs, otherNs] = [nsOf(run), nsOf(theirs)];
    return form === "faster"
      ? [{ plainNs: ownNs, changedNs: otherNs }]
      : [{ plainNs: otherNs, changedNs: ownNs }];
  });
  return { ...what, ratio: pairedRatio(pairs) };
}

/** A way's figures over all rounds. */
function figures({ way: { label }, missing, runs, inspected }) {
  if (missing !== null) return { label, missing };
  const all = [...runs.values()];
  const each = all.map(nsOf);
  const spread = { median: median(each), least: Math.min(...each), most: Math.max(...each) };
  const cpu = all.map(({ cpuNs = Number.NaN, units }) => cpuNs / units);
  const peer = all.map(({ peerCpuNs = 0, units }) => peerCpuNs / units);
  return {
    label,
    ns: spread,
    cpuNs: median(cpu),
    peerCpuNs: median(peer),
    inspected,
    values: each,
  };
}

/** Measures a row. What it gives is plain data. */
export async function measureRow(row, how) {
  const entries = row.ways.map((way) => ({ way, runs: new Map(), missing: null }));
  await allRounds(row, entries, how);
  if (how.inspects) await allInspections(row, entries, how);
  for (const entry of entries)
    if (entry.missing === null) entry.nsEach = median([...entry.runs.values()].map(nsOf));
  const { name, title, unit } = row;
  const aims = row.aims.map((aim) => reached(aim, entries));
  return { name, title, unit, ways: entries.map(figures), aims };
}
