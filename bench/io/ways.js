/** ways: the kinds of ways in which a row's work is done: in JavaScript, in C, by another tool. */
import { fileURLToPath } from "node:url";

const wayProgram = fileURLToPath(new URL("way.js", import.meta.url));
const measureProgram = fileURLToPath(
  new URL("../../packages/native/build/crossbill-measure", import.meta.url),
);

/** The environment in which Node's pool has so many threads; 4 as it comes. */
export const withPool = (threads) => ({ UV_THREADPOOL_SIZE: String(threads) });

/** A way in JavaScript: function `name` of ways/GROUP.js, with `setting`. */
export function inNode(label, group, name, setting, { env, inspected = false } = {}) {
  const commandOf = (mode) => {
    const context = JSON.stringify({ ...setting, mode });
    return [process.execPath, "--expose-gc", wayProgram, group, name, context];
  };
  return { label, kind: "way", commandOf, env, inspected };
}

/** A program of limits/. */
export const inC = (label, program, ...args) => ({
  label,
  kind: "way",
  commandOf: () => [program, ...args.map(String)],
  inspected: false,
});

/** ns of 20,000 pieces by fio, which drops the file from the page cache itself. */
export function byFio(label, { cold, folder, pieces, depth, isDirect }) {
  const job = ["--name=cold", `--filename=${cold}`, "--bs=4k", "--rw=randread", "--invalidate=1"];
  const engine = ["--ioengine=io_uring", `--iodepth=${depth}`, `--direct=${isDirect ? 1 : 0}`];
  const how = [`--io_size=${pieces * 4096}`, "--gtod_reduce=1", "--output-format=json"];
  const read = (output) => {
    const [{ read: reads, usr_cpu: user, sys_cpu: system }] = JSON.parse(output).jobs;
    const ns = (pieces / reads.iops) * 1e9;
    return { ns, cpuNs: (ns * (user + system)) / 100, units: 1, check: null };
  };
  const command = ["fio", ...job, ...engine, ...how];
  return { label, kind: "tool", commandOf: () => command, cwd: folder, read, inspected: false };
}

/** ns a message over the lab's ring between two processes: the median of its blocks. */
export function byLab(label, parameters) {
  const command = [measureProgram, "message-ring", ...parameters, "--seconds", "0.5"];
  const read = (output) => {
    const blocks = output
      .trim()
      .split("\n")
      .slice(1, -1)
      .map((line) => JSON.parse(line))
      .toSorted((a, b) => a.ns / a.calls - b.ns / b.calls);
    const { ns, cpuNs, calls, counts } = blocks[Math.floor(blocks.length / 2)];
    return { ns, cpuNs, peerCpuNs: counts.peerCpuNs, units: calls, check: null };
  };
  return { label, kind: "tool", commandOf: () => command, read, inspected: false };
}

/** find, which asks for the status of each entry to know its size. Its start is part of it: some ms. */
export function byFind(label, root) {
  const command = ["find", root, "-type", "f", "-size", "+0", "-printf", "x"];
  return { label, kind: "whole", commandOf: () => command, inspected: false };
}
