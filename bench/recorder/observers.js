/**
 * observers: everything that is compared. `wrap` turns the workload's command into one that runs it
 * under the observer, which may write to `file`; `beside` is a command that observes the whole machine
 * until it is told to stop. `counted` finds in the observer's own words how many of the calls it saw:
 * equal work, or no figure; with `loses`, a figure with the loss beside it.
 */

import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildFloor } from "./build.js";

/** The empty pair of hooks, which the others are held against. */
export const FLOOR = "empty BPF pair (floor)";

const recorders = fileURLToPath(new URL("../../packages/recorder/build/", import.meta.url));
/** Calls that make a run of half a second or so, by what one costs. */
const FAST = 1_000_000;
const SLOW = 10_000;
const SLOWEST = 4_000;
/** Room for all events of SLOW calls: perf's own 512 KiB a CPU lose about half of them. */
const PERF_BUFFER = "8M";

function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function found(program) {
  return spawnSync("sh", ["-c", 'command -v "$1"', "sh", program]).status === 0;
}

/** First number behind the pattern, or null. */
function numberAfter(text, pattern) {
  const match = pattern.exec(text);
  return match === null ? null : Number(match[1]);
}

/** Calls in a recorder's stream. */
function countedInStream(workload, { stream }) {
  const number = workload.number[process.arch];
  return stream
    .split("\n")
    .filter((line) => line.startsWith('{"t":"line"'))
    .map((line) => JSON.parse(line))
    .filter(({ nr, err }) => nr === number && err === 0)
    .reduce((sum, { count }) => sum + count, 0);
}

function recorder(name, binary, timing, calls) {
  const path = `${recorders}${binary}`;
  const options = ["--stream", "3", "--control", "4", "--timing", timing];
  return {
    name,
    calls,
    missing: executable(path) ? null : "not built: run ./setup",
    wrap: (command) => [path, "run", ...options, "--", ...command],
    counted: countedInStream,
  };
}

function strace(name, before) {
  return {
    name,
    calls: SLOWEST,
    missing: found("strace") ? null : "apt-get install strace",
    wrap: (command, file) => [...before, "strace", "-c", "-f", "-o", file, ...command],
    // % time, seconds, usecs/call, calls, errors, name
    counted: ({ syscall }, { file }) =>
      numberAfter(file, new RegExp(`^\\s*\\S+\\s+\\S+\\s+\\d+\\s+(\\d+).*\\s${syscall}$`, "m")),
  };
}

function machineWide(tool) {
  return {
    calls: FAST,
    ...tool,
    missing: found(tool.needs ?? tool.beside[0]) ? null : tool.missing,
  };
}

const bpftrace = machineWide({
  name: "bpftrace count",
  beside: [
    "bpftrace",
    "-e",
    // The interval comes last, so its first line says that the tracepoint is attached.
    'tracepoint:raw_syscalls:sys_enter { @[args->id] = count(); } interval:ms:200 { printf("ready\\n"); }',
  ],
  ready: /^ready/m,
  missing: "apt-get install bpftrace",
  counted: ({ number }, { output }) =>
    numberAfter(output, new RegExp(`^@\\[${number[process.arch]}\\]: (\\d+)`, "m")),
});

/** bcc's tool: the CO-RE build of it where it is installed, else the Python one. */
function syscount() {
  const name = found("syscount") ? "syscount" : "syscount-bpfcc";
  return machineWide({
    name: "bcc syscount -L",
    // Line by line, or its first words would stay in its buffer until the end.
    beside: ["stdbuf", "-oL", name, "-L"],
    needs: name,
    ready: /Tracing syscalls/,
    missing: "apt-get install libbpf-tools (or bpfcc-tools)",
    counted: ({ syscall }, { output }) =>
      numberAfter(output, new RegExp(`^${syscall}\\s+(\\d+)`, "m")),
  });
}

function floor() {
  const built = buildFloor();
  return {
    name: FLOOR,
    calls: FAST,
    missing: built.command ? null : `${built.why}: apt-get install ${built.apt}`,
    beside: built.command,
    ready: /^ready/m,
    counted: null, // Empty programs count nothing.
  };
}

/** All observers, `nothing` first. `place` is the workload's placement. */
export function observers(place) {
  const pinned = place.includes("taskset") ? place.slice(place.indexOf("taskset")) : [];
  return [
    { name: "nothing", calls: FAST, missing: null, wrap: (command) => command, counted: null },
    floor(),
    recorder("crossbill", "crossbill-recorder", "sampled", FAST),
    recorder("crossbill --exact-time", "crossbill-recorder", "exact", FAST),
    bpftrace,
    syscount(),
    {
      name: "perf trace -s",
      calls: SLOW,
      missing: found("perf") ? null : "apt-get install linux-perf",
      wrap: (command, file) => [
        ...["perf", "trace", "-s", "-m", PERF_BUFFER, "-o", file, "--"],
        ...command,
      ],
      loses: true,
      counted: ({ syscall }, { file }) =>
        numberAfter(file, new RegExp(`^\\s+${syscall}\\s+(\\d+)`, "m")),
    },
    strace("strace -c -f", []),
    strace("strace -c -f, one CPU", pinned),
    recorder("crossbill, ptrace recorder", "crossbill-ptrace", "exact", SLOWEST),
  ];
}
