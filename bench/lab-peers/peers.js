/** peers: the same cost by the lab's mechanism and by somebody else's tool. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median, placement } from "../recorder/workload.js";

const measureProgram = fileURLToPath(
  new URL("../../packages/native/build/crossbill-measure", import.meta.url),
);
/** Low enough to be undisturbed, as the lab takes it. */
const LOW = 0.1;
/** Runs of a peer in each round. */
const RUNS = 5;

/** On one CPU and before everything else on it, where permitted: both sides alike. */
const place = placement();

function run(command) {
  const [file, ...args] = [...place, ...command];
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: "utf8" });
  if (error !== undefined) throw new Error(`${file}: ${error.message}`);
  if (status !== 0) throw new Error(`${file}: ${(stderr || stdout).trim().split("\n").at(-1)}`);
  return stdout;
}

/** ns an event, or a call with `per: "calls"`: the least of some processes, as of the peers. */
function ours(mechanism, parameters, per = "events") {
  return least(() => lowQuantile(mechanism, parameters, per));
}

/** The low quantile of one process's blocks. */
function lowQuantile(mechanism, parameters, per) {
  const given = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  const lines = run([measureProgram, mechanism, ...given, "--seconds", "0.05"])
    .trim()
    .split("\n");
  const blocks = lines.slice(1, -1).map((line) => JSON.parse(line));
  const prices = blocks.map((block) => block.ns / block[per]).toSorted((a, b) => a - b);
  return prices[Math.floor(prices.length * LOW)];
}

/** The peers print means of a whole run; what disturbs a run only adds, so the least one counts. */
function least(measure) {
  return Math.min(...Array.from({ length: RUNS }, measure));
}

/** "0.169122 usecs/op" of perf bench, in ns. */
function perfBench(words) {
  const found = /([\d.]+) usecs\/op/.exec(run(["perf", "bench", ...words]));
  if (found === null) throw new Error("perf bench printed no usecs/op");
  return Number(found[1]) * 1000;
}

/** Enough of a file for both sides, and little enough that its bytes stay near the processor. */
const FILE = "1M";

/**
 * ns a read by fio of 4 KiB of the file that read-chunk keeps, without fio's own work for it: pages
 * written singly, as fio lays out a file, cost several times as much to find as pages written together.
 * Its own work is the user time that the kernel charged it, the usual share of RUNS runs. Its "null"
 * engine would tell too little: the same code is slower between two crossings than alone.
 */
function fio(folder, job) {
  const file = ["--name=warm", `--filename=${folder}/read-chunk`, "--bs=4k", "--invalidate=0"];
  // One process and no thread beside it: shared descriptors are counted up and down at each call.
  const how = ["--norandommap", "--gtod_reduce=1", "--runtime=300ms", "--time_based"];
  const runs = Array.from({ length: RUNS }, () => {
    const told = JSON.parse(run(["fio", ...file, ...how, "--output-format=json", ...job]));
    const [{ read, usr_cpu: own }] = told.jobs;
    return { ns: 1e9 / read.iops, own: own / 100 };
  });
  return Math.min(...runs.map(({ ns }) => ns)) * (1 - median(runs.map(({ own }) => own)));
}

const inTurn = [`--size=${FILE}`, "--rw=read", "--ioengine=psync"];
/** As many places as requests in a call, on both sides. */
const ring = [
  "--size=128k",
  "--rw=randread",
  "--ioengine=io_uring",
  "--iodepth=32",
  "--iodepth_batch=32",
  "--iodepth_batch_complete_min=32",
];
const batch = { pieces: 32, bytes: 4096, gap: 0 };

/** Each: what is priced, and both ways to do it. */
export function peers(folder, perCall) {
  const chunks = { bytes: 4096, file: FILE, folder };
  lowQuantile("read-chunk", chunks, "events"); // Writes the file.
  return [
    {
      what: "null system call",
      peer: "perf bench syscall basic",
      ours: () => ours("getppid", {}),
      theirs: () => least(() => perfBench(["syscall", "basic", "-l", "300000"])),
    },
    {
      what: "round trip over two pipes, one CPU",
      peer: "perf bench sched pipe, pinned",
      ours: () => ours("context-switch", {}, "calls"),
      theirs: () => least(() => perfBench(["sched", "pipe", "-l", "10000"])),
    },
    {
      what: "reads of 4 KiB in turn, warm",
      peer: "fio psync, less its own work",
      ours: () => ours("read-chunk", chunks),
      theirs: () => fio(folder, inTurn),
    },
    {
      what: "random reads of 4 KiB by io_uring, in batches",
      peer: "fio io_uring, less its own work",
      ours: () => ours("scatter-uring", batch),
      theirs: () => fio(folder, ring),
    },
    {
      what: "read of 4 KiB, one place",
      peer: "LEBench's way: read",
      ours: () => ours("copy", { bytes: 4096 }),
      theirs: () => least(() => Number(run([perCall, "read"]))),
    },
    {
      what: "map and unmap a page of a file",
      peer: "LEBench's way: mmap",
      ours: () => ours("system-call", { call: "mmap-munmap" }),
      theirs: () => least(() => Number(run([perCall, "mmap"]))),
    },
    {
      what: "fault of a fresh page",
      peer: "LEBench's way: fault",
      ours: () => ours("fault-anonymous", {}),
      theirs: () => least(() => Number(run([perCall, "fault"]))),
    },
  ];
}
