/** process-storm: the same short programs are started again and again for what takes less than a start. */
import type { BillProcess } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import { addIntervals } from "../statistics.ts";
import { type Evidence, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";

const FORKS = new Set(["fork", "vfork", "clone", "clone3", "wait4", "waitid"]);
const EXECS = new Set(["execve", "execveat"]);
/** Starting a program in null system calls, where it was not measured: 0.6 ms where one took 164 ns. */
const START = 4000;
/** Programs that run no longer than so many starts do little else. */
const SHORT = 4;
/** Started as often as this it is a loop, and not a pipeline. */
const LOOPS = 8;
/** The same work inside the process that started it, of the time of the short program. */
const INSIDE = { low: 0.15, likely: 0.02, high: 0 };

function look(evidence: Evidence): Candidate[] {
  const { bill } = evidence;
  const start = evidence.price("fork-exec")?.likely ?? START * bill.prices.nullSyscallNs.likely;
  const children = shortOnes(bill.processes, start * SHORT);
  const ids = new Set(children.map(({ id }) => id));
  const starters = new Set(children.map(({ ppid }) => ppid));
  const execs = bill.lines.filter(
    ({ process, syscall }) => EXECS.has(syscall) && ids.has(process.id),
  );
  const forks = bill.lines.filter(
    ({ process, syscall }) =>
      FORKS.has(syscall) && starters.has(process.pid) && !ids.has(process.id),
  );
  const starter = evidence.programs.find(({ processes }) =>
    processes.some(({ id }) => id === forks[0]?.process.id),
  );
  if (starter === undefined || execs.length === 0) return [];
  const forkCost = evidence.cpuCost(forks);
  const childNs = sum(children, ownTime);
  const spared = (left: number) => childNs * (1 - left);
  return [
    {
      ...placeOf(starter, forks),
      processes: [...starter.processes.map(({ id }) => id), ...ids].slice(0, 5000),
      saving: addIntervals(forkCost, {
        low: spared(INSIDE.low),
        likely: spared(INSIDE.likely),
        high: spared(INSIDE.high),
      }),
      boundNs: childNs + forkCost.high,
      evidence: {
        started: sum(execs, ({ count, errors }) => count - sum(Object.values(errors), (n) => n)),
        programs: new Set(children.map(({ comm }) => comm)).size,
        startNs: Math.round(start),
      },
    },
  ];
}

/** Processes of programs that were started many times by the run itself and took `mostNs` each. */
function shortOnes(processes: readonly BillProcess[], mostNs: number): BillProcess[] {
  const pids = new Set(processes.map(({ pid }) => pid));
  const started = processes.filter(
    (process) => pids.has(process.ppid) && ownTime(process) <= mostNs * process.instances,
  );
  const times = new Map<string, number>();
  for (const { exe, comm, instances } of started) {
    times.set(exe ?? comm, (times.get(exe ?? comm) ?? 0) + instances);
  }
  return started.filter(({ exe, comm }) => (times.get(exe ?? comm) ?? 0) >= LOOPS);
}

function ownTime({ time }: BillProcess): number {
  return time.userNs + time.boundaryNs + time.kernelNs + time.faultNs;
}

export const processStorm: FindingRule = {
  code: "process-storm",
  title: "short programs started again and again",
  needs:
    "Eight starts or more of the same program, none of which runs longer than four starts take.",
  gate: "Not for programs that run longer, nor for a pipeline of different ones.",
  priced:
    "All the time of the short programs, but for the little that the same work takes in the process " +
    "that starts them, and what forking and waiting cost it.",
  fix: {
    c:
      "call the library function instead of system(3); posix_spawn(3) where it must be a program.\n" +
      "Shell: ${path##*/} for basename, $((i + 1)) for expr, ${v//a/b} for sed;\n" +
      "one awk, find -exec {} + or xargs for all items",
    node: "fs and path instead of execSync('cp ...'); one worker program fed by a pipe",
    python:
      "shutil, pathlib, re instead of subprocess.run for each item;\n" +
      "or one subprocess that reads all items from its input",
    go: "os, path/filepath, regexp instead of exec.Command for each item",
  },
  beware: "What a program did in a process of its own (cd, umask, exit) now happens in yours.",
  trial: null,
  look,
};
