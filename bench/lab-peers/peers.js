/** peers: the same cost by the lab's mechanism and by somebody else's tool. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const measureProgram = fileURLToPath(
  new URL("../../packages/native/build/crossbill-measure", import.meta.url),
);
/** Low enough to be undisturbed, as the lab takes it. */
const LOW = 0.1;
/** Runs of a peer in each round. */
const RUNS = 5;

function run(command) {
  const [file, ...args] = command;
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: "utf8" });
  if (error !== undefined) throw new Error(`${file}: ${error.message}`);
  if (status !== 0) throw new Error(`${file}: ${(stderr || stdout).trim().split("\n").at(-1)}`);
  return stdout;
}

/** ns an event, or a call with `per: "calls"`: the low quantile of one process's blocks. */
function ours(mechanism, parameters, per = "events") {
  const given = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  const lines = run([measureProgram, mechanism, ...given, "--seconds", "0.2"])
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
function perfBench(words, prefix = []) {
  const found = /([\d.]+) usecs\/op/.exec(run([...prefix, "perf", "bench", ...words]));
  if (found === null) throw new Error("perf bench printed no usecs/op");
  return Number(found[1]) * 1000;
}

/** ns a read by fio of 4 KiB at random places of a warm file of 64 MiB. */
function fio(folder, engine) {
  const job = ["--name=warm", `--filename=${folder}/fio`, "--size=64M", "--bs=4k", "--rw=randread"];
  const how = ["--invalidate=0", "--norandommap", "--gtod_reduce=1", "--thread", "--runtime=0.2"];
  const end = ["--time_based", "--output-format=json"];
  const told = JSON.parse(run(["fio", ...job, ...how, ...end, ...engine]));
  return 1e9 / told.jobs[0].read.iops;
}

const ring = [
  "--ioengine=io_uring",
  "--iodepth=32",
  "--iodepth_batch=32",
  "--iodepth_batch_complete_min=32",
];
/** 1,024 pieces spread over the 64 MiB that fio reads, too. */
const spread = { pieces: 1024, bytes: 4096, gap: 61440 };

/**
 * Each: what is priced, both ways to do it, and why they may differ for a reason. fio's own work for
 * a read, by its "null" engine, is taken off: the lab's loop has none.
 */
export function peers(folder, perCall) {
  const own = () => least(() => fio(folder, ["--ioengine=null"]));
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
      theirs: () =>
        least(() => perfBench(["sched", "pipe", "-l", "10000"], ["taskset", "-c", "0"])),
    },
    {
      what: "random read of 4 KiB, warm",
      peer: "fio psync, less fio null",
      ours: () => ours("scatter-pread", spread),
      theirs: () => least(() => fio(folder, ["--ioengine=psync"])) - own(),
    },
    {
      what: "the same by io_uring in batches",
      peer: "fio io_uring, less fio null",
      ours: () => ours("scatter-uring", spread),
      theirs: () => least(() => fio(folder, ring)) - own(),
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
