/** inspect: what a way does beside taking time: crossings, the event loop's longest turn, memory. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Contestant, timedRun } from "./contestant.js";

const crossbill = fileURLToPath(new URL("../../packages/cli/bin/crossbill.js", import.meta.url));
const SAMPLE_MS = 1;
const KIB = 1024;

/** Bytes of a process that are no file's: its own memory, and what it shares with others. */
function ownMemory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kib = (field) => Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
  return (kib("RssAnon") + kib("RssShmem")) * KIB;
}

/** The most memory during the work beyond what there was before and what the caller gets, bytes. */
async function extraBytes(command, options, beforeWork) {
  const contestant = new Contestant(command, options);
  let sampler;
  try {
    await contestant.line();
    await beforeWork?.();
    const before = ownMemory(contestant.pid);
    let most = before;
    const sample = () => {
      most = Math.max(most, ownMemory(contestant.pid));
    };
    sampler = setInterval(sample, SAMPLE_MS);
    contestant.tell();
    const { ownBytes } = JSON.parse(await contestant.line());
    sample();
    return Math.max(0, most - before - ownBytes);
  } finally {
    clearInterval(sampler);
    contestant.kill();
  }
}

/** System calls and page faults of a whole process, by its bill. */
async function billed(command, { options, beforeWork, folder }) {
  const bill = join(folder, "bill.json");
  const words = ["run", "--json", bill, "-o", join(folder, "bill.txt"), "--", ...command];
  await timedRun([process.execPath, crossbill, ...words], options, beforeWork);
  const { audit, faults } = JSON.parse(readFileSync(bill, "utf8"));
  return { calls: audit.entered, faults: faults.minor.count + faults.major.count };
}

/** What the work alone crossed: a run with it less one without. Node's own threads add some calls. */
async function crossings(commandOf, how) {
  const all = await billed(commandOf("with"), how);
  const rest = await billed(commandOf("without"), how);
  return {
    calls: Math.max(0, all.calls - rest.calls),
    faults: Math.max(0, all.faults - rest.faults),
  };
}

/**
 * Everything about one way that is no time of its work. `commandOf` gives its command in a mode;
 * `how.beforeWork` is done whenever one is ready, as before the work that is timed.
 */
export async function inspect(commandOf, how) {
  const { options, beforeWork } = how;
  const { turnNs } = await timedRun(commandOf("turn"), options, beforeWork);
  return {
    turnNs,
    extraBytes: await extraBytes(commandOf("memory"), options, beforeWork),
    ...(await crossings(commandOf, how)),
  };
}
