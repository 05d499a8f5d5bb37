/** sync-on-main: Node waits for one child or cold file after the other, and its event loop with it. */
import type { BillLine, BillProcess } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import type { Interval } from "../prices.ts";
import type { RecordedStack } from "../recording.ts";
import { scaleInterval, zeroInterval } from "../statistics.ts";
import { busyTime, countOf, type Evidence, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";
import { isNode } from "./thread-pool.ts";

/**
 * Calls that meet the disk and do not wait for one another. Not syncs and unlinks: those share a
 * journal, and four at a time took as long as one by one (ext4, Linux 6.18).
 */
const READS = new Set(["read", "readv", "pread64", "preadv", "openat"]);
const STARTS = new Set(["clone", "fork", "vfork"]);
/** Threads of libuv's pool (UV_THREADPOOL_SIZE), and what most people run side by side. */
const AT_A_TIME = 4;
/** Event loops that Node 20 makes without being asked; spawnSync makes one more for each child. */
const OWN_LOOPS = 3;
/** Its threads, the pool included; each worker is one more, with a loop of its own. */
const OWN_THREADS = 11;
/** Disks serve several at a time, but not each as fast as if it were alone. */
const DISK_OVERLAP = { low: 0.2, likely: 0.6, high: 1 };
/** Own code of a hop through the pool, in null system calls; most of it runs beside the waits. */
const HOP = { low: -50, likely: -12, high: 0 };
/** Only a script's calls come from the engine; those of the pool come from a thread's start. */
const ENGINE = /^(v8::|Builtins_|node::fs::)/;

function look(evidence: Evidence): Candidate[] {
  return evidence.programs
    .filter(isNode)
    .flatMap((program) => [...childrenOf(evidence, program), ...coldReads(evidence, program)]);
}

function childrenOf(evidence: Evidence, program: Program): Candidate[] {
  const starts = program.lines.filter(({ syscall }) => STARTS.has(syscall));
  const loops = program.lines.filter(({ syscall }) => syscall === "epoll_create1");
  const looping = new Set(loops.map(({ process }) => process.id));
  const parents = program.processes.filter(({ id }) => looping.has(id));
  const own = OWN_LOOPS * sum(parents, ({ instances }) => instances);
  const workers = sum(parents, (one) => Math.max(0, one.threads - OWN_THREADS * one.instances));
  const children = Math.min(countOf(starts), countOf(loops) - own - workers);
  if (children <= own) return [];
  const share = children / countOf(starts);
  const { livedNs, busyNs } = lives(evidence, parents);
  const waitSaving = overlapped(evidence, { livedNs, busyNs }, { children, share });
  return [
    {
      ...placeOf(program, starts),
      title: "child programs waited for one by one on Node's main thread",
      saving: zeroInterval,
      waitSaving,
      boundNs: Math.min(share * livedNs, evidence.elapsedNs),
      evidence: { children, livedNs: Math.round(share * livedNs), atATime: AT_A_TIME },
    },
  ];
}

/** How long the children of these processes lived, and what they and theirs had of the CPUs, ns. */
function lives({ bill }: Evidence, parents: readonly BillProcess[]) {
  const pids = new Set(parents.map(({ pid }) => pid));
  const children = bill.processes.filter(({ ppid }) => pids.has(ppid));
  const others = bill.processes.filter((process) => !parents.includes(process));
  return {
    livedNs: sum(children, ({ time, threads }) => time.wallNs / Math.max(1, threads)),
    busyNs: sum(others, busyTime),
  };
}

/** What is spared when children run side by side, as far as there are CPUs for them. */
function overlapped(
  { bill, elapsedNs }: Evidence,
  { livedNs, busyNs }: { livedNs: number; busyNs: number },
  { children, share }: { children: number; share: number },
): Interval {
  const now = Math.min(share * livedNs, elapsedNs);
  const least = (share * busyNs) / bill.machine.cpus;
  const spared = (atATime: number) => Math.max(0, now - Math.max(now / atATime, least));
  return { low: 0, likely: spared(Math.min(AT_A_TIME, children)), high: spared(children) };
}

function coldReads(evidence: Evidence, program: Program): Candidate[] {
  const lines = program.lines.filter((line) => READS.has(line.syscall) && diskWait(line) > 0);
  const share = fromScript(evidence, program, lines);
  if (share === 0) return [];
  const diskNs = share * sum(lines, diskWait);
  const most = Math.max(share * longestChain(lines), diskNs / AT_A_TIME);
  const gain = Math.min(diskNs - most, evidence.idleShare * evidence.elapsedNs);
  const hops = share * countOf(lines) * evidence.bill.prices.nullSyscallNs.likely;
  return [
    {
      ...placeOf(program, lines),
      title: "cold files read one by one on Node's main thread",
      saving: scaleInterval(HOP, hops),
      waitSaving: scaleInterval(DISK_OVERLAP, gain),
      boundNs: diskNs,
      evidence: { calls: countOf(lines), diskNs: Math.round(diskNs), atATime: AT_A_TIME },
    },
  ];
}

/** Share of the waits seen in these calls that a script was in; 0 when none were seen. */
function fromScript({ bill }: Evidence, { processes }: Program, lines: readonly BillLine[]) {
  const own = new Set(processes.map(({ id }) => id));
  const calls = new Set(lines.map(({ syscall }) => syscall));
  const stacks = bill.stacks.filter(
    ({ process, syscall }) => own.has(process) && syscall !== null && calls.has(syscall),
  );
  const seen = (stack: RecordedStack) => stack.waits ?? 0;
  const scripted = stacks.filter(({ frames }) =>
    frames.some(({ guess, symbol }) => guess !== true && ENGINE.test(symbol?.function ?? "")),
  );
  return sum(scripted, seen) / Math.max(1, sum(stacks, seen));
}

/** The longest waiting for one file, ns: its reads follow one another. Without a name: one call's. */
function longestChain(lines: readonly BillLine[]): number {
  const byPath = new Map<string, number>();
  let longest = 0;
  for (const line of lines) {
    const { path } = line.target;
    const before = path === null ? 0 : (byPath.get(path) ?? 0);
    const chain = before + diskWait(line) / (path === null ? line.count : 1);
    if (path !== null) byPath.set(path, chain);
    longest = Math.max(longest, chain);
  }
  return longest;
}

function diskWait({ waits }: BillLine): number {
  return waits.disk ?? 0;
}

export const syncOnMain: FindingRule = {
  code: "sync-on-main",
  title: "Node's main thread waits for one child or cold file after the other",
  needs:
    "Node; an event loop made for each child (execSync, spawnSync), or reads of many files that waited " +
    "for the disk with a script on the stack (readFileSync).",
  gate:
    "Not for a few children, pooled reads, one file read in order, syncs (they share a journal), nor " +
    "cold files where no stacks were taken.",
  priced:
    "How long children lived, or reads waited, less what is left when four are waited for at a time; " +
    "not less than the CPUs need for the children, and six tenths of it for the disk.",
  fix: {
    c: "start several children, then waitpid(-1) for each; io_uring or posix_fadvise(WILLNEED) for files",
    node:
      "const run = promisify(execFile); await Promise.all(commands.map(([c, args]) => run(c, args)));\n" +
      "await Promise.all(paths.map((path) => fs.promises.readFile(path))); many: some at a time",
    python:
      "with ThreadPoolExecutor(4) as pool: list(pool.map(subprocess.run, commands))\n" +
      "and pool.map(read, paths) for cold files",
    go: "a goroutine for each command or file, with a semaphore (errgroup.SetLimit)",
  },
  beware:
    "What ran in order now runs together: children that write the same file or need what the one " +
    "before made must still wait for it.",
  trial: null,
  look,
};
