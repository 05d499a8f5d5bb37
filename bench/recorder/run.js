/**
 * The bench of the recorders: added ns per crossing for crossbill and its peers, interleaved in one run.
 *
 *   node bench/recorder/run.js [--rounds N] [--scale S] [--only TEXT] [--json FILE]
 *
 * Needs root, a build (./setup) and a quiet machine. A benchmark prints figures; it never fails on them.
 */
import { randomInt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { randomNumbers, shuffled } from "../../packages/core/dist/random-order.js";
import { conditionsBetween, machineConditions } from "../../packages/lab/dist/conditions.js";
import { identifyMachine } from "../../packages/lab/dist/machine.js";
import { bystander, observed } from "./observe.js";
import { FLOOR, observers } from "./observers.js";
import { figures, markdown } from "./table.js";
import { nsPerCall, placement, requireWorkload, workloadCommand, workloads } from "./workload.js";

const BYSTANDER_CALLS = 1_000_000;
/** Observers whose cost to other processes is asked; the machine-wide tools have no others. */
const besides = new Set([
  "nothing",
  FLOOR,
  "crossbill",
  "crossbill --exact-time",
  "crossbill, ptrace recorder",
  "perf trace -s",
  "strace -c -f",
]);

function options() {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "5" },
      scale: { type: "string", default: "1" },
      only: { type: "string" },
      json: { type: "string" },
    },
  });
  const rounds = Number.parseInt(values.rounds, 10);
  const scale = Number.parseFloat(values.scale);
  if (!(rounds >= 1 && rounds <= 1000)) throw new Error("--rounds: a number from 1 to 1000");
  if (!(scale > 0 && scale <= 100)) throw new Error("--scale: a number above 0, at most 100");
  return { ...values, rounds, scale };
}

/** The share of the calls that the observer missed; throws when it is one that should see them all. */
function lostShare({ loses }, counted, calls) {
  // Others on the machine may make such calls too, so a machine-wide tool may count more.
  if (counted === undefined || counted >= calls) return 0;
  if (!loses || counted === null) throw new Error(`counted ${counted} of ${calls} calls`);
  return 1 - counted / calls;
}

/** One experiment: a title, its observers and how one of them is run once. */
function experiments(all, place, scale) {
  const sized = (calls) => Math.max(100, Math.floor(calls * scale));
  const own = workloads.map((workload) => ({
    title: `${workload.name}, the recorded process`,
    members: all,
    run: async (observer) => {
      const calls = sized(observer.calls);
      const { output, words } = await observed(observer, workloadCommand(workload, calls, place));
      const lost = lostShare(observer, observer.counted?.(workload, words), calls);
      return { ns: nsPerCall(output), lost };
    },
  }));
  const others = workloads.map((workload) => ({
    title: `${workload.name}, another process while one is recorded`,
    members: all.filter(({ name }) => besides.has(name)),
    run: async (observer) => {
      const command = workloadCommand(workload, sized(BYSTANDER_CALLS), place);
      return { ns: nsPerCall(await bystander(observer, command)), lost: 0 };
    },
  }));
  return [...own, ...others];
}

/** Runs all rounds of one experiment; an observer that fails once is left out from then on. */
async function measure({ title, members, run }, rounds, random) {
  const values = new Map(members.map(({ name }) => [name, new Map()]));
  const failed = new Map(
    members.flatMap(({ name, missing }) => (missing === null ? [] : [[name, missing]])),
  );
  for (let round = 0; round < rounds; round++) {
    process.stderr.write(`${title}: round ${round + 1} of ${rounds}\n`);
    for (const observer of shuffled(members, random)) {
      if (failed.has(observer.name)) continue;
      try {
        values.get(observer.name).set(round, await run(observer));
      } catch (error) {
        failed.set(observer.name, `failed: ${error.message}`);
      }
    }
  }
  const nothing = values.get("nothing");
  const compared = { floor: values.get(FLOOR), crossbill: values.get("crossbill") };
  const result = ({ name }) =>
    failed.has(name)
      ? { why: failed.get(name) }
      : figures(values.get(name), { nothing, ...(name === "nothing" ? {} : compared) });
  const raw = Object.fromEntries([...values].map(([name, runs]) => [name, [...runs.values()]]));
  return { results: Object.fromEntries(members.map((one) => [one.name, result(one)])), raw };
}

function describe(machine, conditions, seed, place) {
  const load = `${conditions.loadBefore} before, ${conditions.loadAfter} after`;
  return [
    `${machine.cpu}, ${machine.cpus} CPUs, Linux ${machine.kernel}, ${machine.distribution}`,
    `hypervisor ${machine.hypervisor}, clock ${machine.clockSource}, governor ${machine.governor}`,
    `load ${load}; stolen ${(conditions.stealShare * 100).toFixed(1)} %`,
    `workload started with: ${place.join(" ") || "nothing"}; order seed ${seed}`,
  ].map((line) => `- ${line}`);
}

async function main() {
  const { rounds, scale, only, json } = options();
  requireWorkload();
  const place = placement();
  const seed = randomInt(2 ** 32);
  const random = randomNumbers(seed);
  const kept = ({ name }) => !only || name === "nothing" || name === FLOOR || name.includes(only);
  const all = observers(place).filter(kept);
  const before = machineConditions();
  const done = [];
  for (const experiment of experiments(all, place, scale)) {
    done.push({ title: experiment.title, ...(await measure(experiment, rounds, random)) });
  }
  const machine = identifyMachine();
  const conditions = conditionsBetween(before, machineConditions());
  const tables = done.map(({ title, results }) => markdown(title, results));
  const report = { rounds, seed, placement: place, machine, conditions, experiments: done };
  process.stdout.write([...describe(machine, conditions, seed, place), "", ...tables].join("\n"));
  if (json) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench/recorder: ${error.message}\n`);
  process.exitCode = 1;
}
