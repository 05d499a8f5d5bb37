/**
 * check-kernel-run: judges what tools/kernel-guest.sh sent home from another kernel. Prints one line for each
 * thing checked and fails if one does not hold.
 *
 * Usage: node tools/check-kernel-run.js FOLDER   (the folder with the guest's results)
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { descriptorKinds, syscallName } from "../packages/core/dist/index.js";

const folder = process.argv[2];
if (folder === undefined) {
  console.error("usage: node tools/check-kernel-run.js FOLDER");
  process.exit(2);
}

/** What tests/kernel/programs/descriptors.c calls on each kind: fcntl, so often. */
const callsOfKind = {
  directory: 103,
  fifo: 109,
  char: 139,
  terminal: 151,
  tcp: 157,
  unix: 163,
  udp: 167,
  socket: 173,
  pipe: 179,
  eventfd: 181,
  timerfd: 191,
  signalfd: 193,
  epoll: 197,
  memfd: 199,
  anonymous: 211,
  io_uring: 223,
};
const FILE_CALLS = 101;
const GONE_CALLS = 107;
const VARIANTS = ["full-events", "fast-events", "full", "fast", "portable-full", "portable"];
const DD_BYTES = 1009;
const NOPS = 101;
const READS = 53;
const READ_BYTES = 512;
const PAGES = 10007;
const MAJOR_PAGES = 101;
const OP_NOP = 0;
const OP_READ = 22;

let failures = 0;

/** One line for what was looked at; `wrong` lists what does not hold. */
function report(name, seen, wrong) {
  if (wrong.length === 0) {
    console.log(`ok      ${name}: ${seen}`);
    return;
  }
  failures += 1;
  console.log(`FAILED  ${name}: ${wrong.join("; ")}`);
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Results that differ from what was expected, in words. */
function differences(expected) {
  return expected
    .filter(([, value, wanted]) => value !== wanted)
    .map(([what, value, wanted]) => `${what} ${value} instead of ${wanted}`);
}

function read(name) {
  const file = path.join(folder, name);
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}

/** A stream's messages by type; null when the run was not made. */
function readStream(name) {
  const text = read(`${name}.stream`);
  if (text === null) return null;
  const messages = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
  return {
    of: (type) => messages.filter((message) => message.t === type),
    first: (type) => messages.find((message) => message.t === type),
  };
}

/** What must be true of every whole stream. */
function wholeStream(stream) {
  const failed = stream.first("failed");
  if (failed !== undefined) return [`${failed.what}: errno ${failed.errno}`];
  const audit = stream.first("audit");
  if (audit === undefined || stream.first("end") === undefined)
    return ["the stream breaks off before its end"];
  return differences([
    ["calls in lines", sum(stream.of("line").map((line) => line.count)), audit.left],
    ["calls not itemised", audit.unitemised, 0],
    ["calls lost", audit.lost, 0],
    ["names lost", audit.unnamed, 0],
    ["threads lost", audit.threadsLost ?? 0, 0],
  ]);
}

/** The calls of a system call; with `errors`, only those that failed. */
function countOf(stream, name, errors = false) {
  return sum(
    stream
      .of("line")
      .filter((line) => syscallName("x86_64", line.nr) === name && (!errors || line.err !== 0))
      .map((line) => line.count),
  );
}

/** The table of `strace -c`: [name, calls, errors]; calls that never return are not in it. */
function straceTable(name) {
  const text = read(`${name}.strace`) ?? "";
  const row = /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:(\d+)\s+)?(\w+)$/gm;
  return [...text.matchAll(row)]
    .map(([, calls, errors, call]) => [call, Number(calls), Number(errors ?? 0)])
    .filter(([call]) => call !== "total");
}

function againstStrace(name, stream) {
  const table = straceTable(name.replace(/-exact$/, ""));
  if (table.length === 0) return ["strace counted nothing"];
  const total = sum(table.map(([, calls]) => calls));
  const wrong = table.flatMap(([call, calls, errors]) =>
    differences([
      [call, countOf(stream, call), calls],
      [`errors of ${call}`, countOf(stream, call, true), errors],
    ]),
  );
  return [
    ...wrong,
    ...differences([["all calls", sum(stream.of("line").map((line) => line.count)), total]]),
  ];
}

/**
 * Faults and switches against the kernel's own account of the program and its children. A parent that is quick
 * takes that account before its child has left the CPU for the last time: one voluntary switch less.
 */
function againstRusage(stream, counters) {
  const { rusage } = stream.first("exit");
  return counters.flatMap((counter) => {
    const recorded = sum(stream.of("usage").map((usage) => usage[counter]));
    const tooQuick = counter === "nvcsw" && recorded === rusage.nvcsw + 1;
    return tooQuick ? [] : differences([[counter, recorded, rusage[counter]]]);
  });
}

const FAULTS = ["minflt", "majflt"];
const SWITCHES = ["nvcsw", "nivcsw"];

/** Fault time, where the variant measures it, is there when there were faults and within the time there was. */
function faultTime(stream) {
  const { variant } = stream.first("hello").limits;
  const usages = stream.of("usage");
  if (!variant.includes("full"))
    return usages.every((usage) => usage.fminor === null) ? [] : ["fault time without measuring"];
  const total = (key) => sum(usages.map((usage) => usage[key]));
  const spent = total("cpu") + total("faultio") + total("faultother") + total("runq");
  const wrong = differences([
    ["any minor fault time", total("fminor") > 0, total("minflt") > 0],
    ["any major fault time", total("fmajor") > 0, total("majflt") > 0],
  ]);
  return total("fminor") + total("fmajor") > spent ? [...wrong, "more than all time"] : wrong;
}

/** Exact timing times every call: the histogram of each line has as many as the line counts. */
function everyCallTimed(stream) {
  if (stream.first("hello").timing !== "exact") return [];
  const cells = (line) => sum(line.latency.map(([, count]) => count));
  return differences([
    ["calls timed", sum(stream.of("line").map(cells)), stream.first("audit").left],
  ]);
}

/** The program ended by itself and was content. */
function succeeded(stream) {
  const { code, signal } = stream.first("exit");
  return differences([
    ["exit code", code, 0],
    ["signal", signal, 0],
  ]);
}

/** `check` of a stream that is whole. */
function checkRun(name, seen, check) {
  const stream = readStream(name);
  if (stream === null) {
    report(name, "", ["not run"]);
    return;
  }
  const broken = wholeStream(stream);
  report(name, seen, broken.length > 0 ? broken : check(stream, name));
}

/** dd writes DD_BYTES single bytes from one named file to another. */
function ddTargets(stream) {
  const moved = (nr, target) => {
    const id = stream.of("target").find(({ name }) => name === target)?.id;
    const lines = stream.of("line").filter((line) => line.nr === nr && line.target === id);
    return [sum(lines.map((line) => line.bytes)), sum(lines.map((line) => line.count))].join(
      " in ",
    );
  };
  const wanted = `${DD_BYTES} in ${DD_BYTES}`;
  return differences([
    ["read of /dev/zero", moved(0, "/dev/zero"), wanted],
    ["write of /tmp/out", moved(1, "/tmp/out"), wanted],
  ]);
}

function ringOperations(stream) {
  const of = (opcode) => stream.of("uring").find(({ op }) => op === opcode) ?? {};
  const nops = of(OP_NOP);
  const reads = of(OP_READ);
  return differences([
    ["no-ops submitted", nops.submitted, NOPS],
    ["no-ops completed", nops.completed, NOPS],
    ["reads submitted", reads.submitted, READS],
    ["reads completed", reads.completed, READS],
    ["bytes read", reads.bytes, READS * READ_BYTES],
  ]);
}

function kindCounts(stream) {
  const lines = stream
    .of("line")
    .filter(({ nr, err }) => syscallName("x86_64", nr) === "fcntl" && !err);
  const targets = new Map(stream.of("target").map((target) => [target.id, target]));
  const counts = (wanted) => sum(lines.filter(wanted).map((line) => line.count));
  const ofKind = (kind) => (line) => descriptorKinds[line.kind] === kind;
  const named = (name) => (line) => targets.get(line.target)?.name === `/tmp/kinds/${name}`;
  return differences([
    ...Object.entries(callsOfKind).map(([kind, calls]) => [kind, counts(ofKind(kind)), calls]),
    ["file", counts(named("file")), FILE_CALLS],
    ["file that is gone", counts(named("gone")), GONE_CALLS],
  ]);
}

const ALL = [...FAULTS, ...SWITCHES];
const nothingMore = () => [];

/**
 * The runs beside strace: what is seen, what rusage agrees on, what more to check. Not the switches of a
 * ring, as rusage has those of the kernel's workers too, nor of a loop, whose children are waited for late.
 */
const straced = {
  dd: {
    seen: "calls and errors as strace has them, faults and switches as rusage, targets named",
    agreed: ALL,
    more: ddTargets,
  },
  find: {
    seen: "calls and errors as strace has them, faults and switches as rusage",
    agreed: ALL,
    more: nothingMore,
  },
  loop: {
    seen: "53 processes, calls and errors as strace has them, faults as rusage",
    agreed: FAULTS,
    more: nothingMore,
  },
  ring: {
    seen: "io_uring operations by opcode, calls as strace has them",
    agreed: FAULTS,
    more: ringOperations,
  },
  memory: {
    seen: "10,007 pages, calls as strace has them, faults and switches as rusage",
    agreed: ALL,
    more: nothingMore,
  },
};

function checkStraced() {
  for (const [name, { seen, agreed, more }] of Object.entries(straced))
    for (const timing of ["", "-exact"])
      checkRun(name + timing, seen, (stream) => [
        ...succeeded(stream),
        ...againstStrace(name, stream),
        ...againstRusage(stream, agreed),
        ...faultTime(stream),
        ...everyCallTimed(stream),
        ...more(stream),
      ]);
}

function checkPtrace() {
  checkRun("ptrace", "dd by the ptrace recorder, calls as strace has them", (stream) => [
    ...succeeded(stream),
    ...againstStrace("dd", stream),
  ]);
}

function checkKnown() {
  checkRun("threads", "7 threads x 1,009 getpid", (stream) => [
    ...succeeded(stream),
    ...differences([["getpid", countOf(stream, "getpid"), 7 * 1009]]),
    ...againstRusage(stream, FAULTS),
  ]);
  checkRun("processes", "4 processes x 10,007 getpid", (stream) =>
    differences([["getpid", countOf(stream, "getpid"), 4 * 10007]]),
  );
  checkRun("ring-polled", "io_uring operations that a thread of the kernel submits", (stream) => [
    ...succeeded(stream),
    ...ringOperations(stream),
  ]);
  checkRun("kinds", "every kind of descriptor by its count, files by their names", (stream) => [
    ...succeeded(stream),
    ...kindCounts(stream),
  ]);
  if (read("major.stream") === null)
    console.log("skipped major: this kernel has no driver for the disk");
  else
    checkRun("major", `${MAJOR_PAGES} major faults, as rusage has them`, (stream) => [
      ...againstRusage(stream, FAULTS),
      ...differences([["at least those", stream.first("exit").rusage.majflt >= MAJOR_PAGES, true]]),
      ...faultTime(stream),
    ]);
  checkRun("attach", "a running program, which runs on", (stream) =>
    differences([
      ["alive at the end", stream.first("audit").running, 1],
      ["alive afterwards", read("attach.out")?.trim(), "running"],
      ["any getppid", countOf(stream, "getppid") > 0, true],
    ]),
  );
}

/** Nanoseconds in faults by the clock and by the samples, for the reader; neither is asserted. */
function faultComparison(stream) {
  const [usage] = stream.of("usage");
  const { period } = stream.first("hello");
  const sampled = `${((usage.sfault * period) / 1e6).toFixed(0)} ms by samples`;
  if (usage.fminor === null) return sampled;
  const each = (usage.fminor / usage.minflt / 1e3).toFixed(1);
  return `${(usage.fminor / 1e6).toFixed(0)} ms timed (${each} us a fault), ${sampled}`;
}

/** A variant the kernel refuses is a fact, so is one the recorder avoids; any other must count right. */
function checkVariants() {
  const losesCalls = readStream("dd")?.first("hello")?.limits.variant.endsWith("-events");
  for (const variant of VARIANTS) {
    const name = `variant-${variant}`;
    const failed = readStream(name)?.first("failed");
    if (failed !== undefined) {
      console.log(`refused ${name}: ${failed.what}, errno ${failed.errno}`);
      continue;
    }
    if (losesCalls && !variant.endsWith("-events")) {
      console.log(`avoided ${name}: it can lose calls on this kernel`);
      continue;
    }
    for (const timing of ["", "-exact"])
      checkRun(name + timing, "dd, calls as strace has them, targets named", (stream) => [
        ...succeeded(stream),
        ...againstStrace("dd", stream),
        ...everyCallTimed(stream),
        ...ddTargets(stream),
      ]);
    const memory = readStream(`${name}-memory`);
    checkRun(`${name}-memory`, memory === null ? "" : faultComparison(memory), (stream) => [
      ...succeeded(stream),
      ...againstRusage(stream, FAULTS),
      ...differences([["a fault a page", stream.of("usage")[0].minflt >= PAGES, true]]),
      ...faultTime(stream),
    ]);
  }
}

/** The features the recorder finds; false when it cannot work here at all. */
function checkProbe() {
  const features = JSON.parse(read("probe.json") ?? '{"features":[]}').features;
  for (const { name, ok, detail } of features)
    console.log(`${ok ? "has     " : "lacks   "}${name}: ${detail}`);
  return features.find(({ name }) => name === "recorder")?.ok === true;
}

console.log(`Linux ${read("release")?.trim()}, ${readdirSync(folder).length} results`);
if (checkProbe()) {
  checkStraced();
  checkKnown();
  checkVariants();
} else {
  report("probe", "", ["the recorder does not load on this kernel"]);
}
checkPtrace();
const complaints = read("dmesg")?.trim() ?? "";
report("kernel log", "no complaint", complaints === "" ? [] : [complaints.split("\n")[0]]);
console.log(failures === 0 ? "everything holds" : `${failures} do not hold`);
process.exit(failures === 0 ? 0 : 1);
