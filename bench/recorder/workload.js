/** workload: the loop that is observed, and how its own clock's readings become one figure. */

import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(
  new URL("../../packages/native/build/crossbill-measure", import.meta.url),
);

/** The two workloads: a call that does nothing, and one that does a little. */
export const workloads = [
  { name: "getppid", mechanism: "getppid", syscall: "getppid", number: { x64: 110, arm64: 173 } },
  { name: "1-byte read", mechanism: "read-byte", syscall: "read", number: { x64: 0, arm64: 63 } },
];

const works = (command) => spawnSync(command[0], command.slice(1)).status === 0;

/** Pinned to the last CPU and, where the rights are there, before everything else on it. */
export function placement() {
  const cpu = String(availableParallelism() - 1);
  const pinned = works(["taskset", "-c", cpu, "true"]) ? ["taskset", "-c", cpu] : [];
  const first = ["chrt", "-f", "10"];
  return works([...first, "true"]) ? [...first, ...pinned] : pinned;
}

/** The command of a workload that makes `calls` calls, in at least twenty blocks. */
export function workloadCommand(workload, calls, place) {
  const block = Math.max(1, Math.floor(calls / 20));
  const size = ["--calls", String(calls), "--block", String(block)];
  return [...place, program, workload.mechanism, ...size];
}

/** Median ns per call over the blocks that the workload printed; throws when there are none. */
export function nsPerCall(output) {
  const blocks = output
    .split("\n")
    .filter((line) => line.startsWith('{"calls"'))
    .map((line) => JSON.parse(line));
  if (blocks.length === 0) throw new Error("the workload printed nothing");
  return median(blocks.map(({ calls, ns }) => ns / calls));
}

/** The middle value, or the mean of the two. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle) - 1]) / 2;
}

/** Throws with the remedy when the workload is not built. */
export function requireWorkload() {
  try {
    accessSync(program, constants.X_OK);
  } catch {
    throw new Error(`${program} is not built: run ./setup or make`);
  }
}
