/** The facts of one stream: its objects added up, its numbers turned into names. */
import {
  type Architecture,
  type DescriptorKind,
  descriptorKinds,
  errnoName,
  fileSystemName,
  mergeHistograms,
  type RecordedLine,
  type RecordedProcess,
  type Recording,
  signalName,
  syscallName,
  type Target,
  uringOpcodeName,
} from "@crossbill/core";
import { PATH_SET_WORDS, PathSet } from "./path-set.ts";
import { type Fields, given, givenCount, malformed } from "./stream-fields.ts";
import { readFrames } from "./stream-frames.ts";
import { SequenceCollector } from "./stream-sequences.ts";
import { type Identity, readUsage, type Usage } from "./stream-usage.ts";

/** A recording without what only the starter of the recorder knows. */
export type RecordedFacts = Omit<Recording, "schema" | "machine" | "command" | "startedAt">;

/** What the recorder says of itself in its first line. */
export interface Hello {
  readonly recorder: "ebpf" | "ptrace";
  readonly timing: "sampled" | "exact";
  readonly architecture: Architecture;
  /** Interval of the cpu-clock sampler, ns; null when there is none. */
  readonly samplePeriodNs: number | null;
  /** Sizes of its tables and what else it chose, by name. */
  readonly limits: Readonly<Record<string, number | string>>;
}

/** Room for every table of a recorder several times over; a stream beyond it is refused. */
const PROCESSES_MAX = 65_536;
const TARGETS_MAX = 524_288;
const LINES_MAX = 524_288;
const STACKS_MAX = 65_536;
const URING_MAX = 65_536;
const SYSCALL_MAX = 1023;

/** Adds up one stream's objects; `finish` gives the facts once all are there. */
export class FactCollector {
  readonly #hello: Hello;
  readonly #identities = new Map<number, Identity>();
  readonly #usages = new Map<number, Usage>();
  readonly #targets = new Map<string, Target>();
  readonly #lines = new Map<string, RecordedLine>();
  /** Of lines that name paths; null when the recorder had no room for them. */
  readonly #paths = new Map<RecordedLine, PathSet | null>();
  readonly #sequences: SequenceCollector;
  readonly #unfinished = new Map<string, number>();
  readonly #uring: Recording["uring"] = [];
  readonly #stacks: Recording["stacks"] = [];
  #exit: Pick<Recording, "exit" | "elapsedNs" | "rusage"> | null = null;
  #audit: Recording["audit"] | null = null;

  constructor(hello: Hello) {
    this.#hello = hello;
    this.#sequences = new SequenceCollector(hello);
  }

  /** Adds one object; false when its type is unknown. Throws RecorderError on a bad field. */
  add(type: string, fields: Fields): boolean {
    if (type === "line") this.#addLine(fields);
    else if (type === "process") this.#addProcess(fields);
    else if (type === "target") this.#addTarget(fields);
    else if (type === "usage") this.#addUsage(fields);
    else if (type === "unfinished") this.#addUnfinished(fields);
    else if (type === "uring") this.#addUring(fields);
    else if (type === "stack") this.#addStack(fields);
    else if (type === "sequence") this.#sequences.open(fields, readKind(fields));
    else if (type === "accesses") this.#sequences.add(fields);
    else if (type === "exit") this.#exit = readExit(fields);
    else if (type === "audit") this.#audit = readAudit(fields);
    else return false;
    return true;
  }

  /** The whole. Throws RecorderError when something essential never came. */
  finish(): RecordedFacts {
    const exit = this.#exit;
    const audit = this.#audit;
    if (exit === null) throw malformed("end", "no exit line came before");
    if (audit === null) throw malformed("end", "no audit line came before");
    for (const [line, set] of this.#paths) {
      // Of a full set no call is known to have named what another one had.
      if (set !== null) line.distinctPaths = Math.min(line.count, set.estimate());
    }
    const lines = [...this.#lines.values()];
    const sequences = this.#sequences.finish();
    this.#lines.clear(); // Its keys are a fifth of the whole.
    this.#checkReferences(lines, sequences ?? []);
    return {
      recorder: this.#hello.recorder,
      timing: this.#hello.timing,
      samplePeriodNs: this.#hello.samplePeriodNs,
      ...exit,
      audit,
      processes: this.#processes(),
      targets: [...this.#targets.values()],
      lines,
      unfinished: [...this.#unfinished].map(([syscall, count]) => ({ syscall, count })),
      uring: this.#uring,
      stacks: this.#stacks,
      ...given("sequences", sequences),
    };
  }

  #addProcess(fields: Fields): void {
    this.#identities.set(fields.index("id", PROCESSES_MAX - 1), {
      pid: fields.count("pid"),
      ppid: fields.count("ppid"),
      comm: fields.text("comm"),
      exe: fields.textOrNull("exe"),
      ...given(
        "compat",
        fields.optional("compat", () => fields.flag("compat")),
      ),
    });
  }

  #addTarget(fields: Fields): void {
    const id = fields.word("id");
    if (this.#targets.size >= TARGETS_MAX) throw fields.wrong("id", "fewer targets");
    const magic = fields.count("fs");
    this.#targets.set(id, {
      id,
      kind: readKind(fields),
      name: fields.textOrNull("name"),
      fileSystem: magic === 0 ? null : fileSystemName(magic),
      deleted: fields.flag("deleted"),
      truncated: fields.flag("truncated"),
      ...givenCount(fields, "sizeBytes", "size"),
    });
  }

  #addUsage(fields: Fields): void {
    this.#usages.set(fields.index("id", PROCESSES_MAX - 1), readUsage(fields));
  }

  #addLine(fields: Fields): void {
    const line = this.#readLine(fields);
    const key = `${line.process} ${line.syscall} ${line.error} ${line.kind} ${line.target}`;
    const known = this.#lines.get(key);
    if (known !== undefined) {
      addLine(known, line, fields);
    } else {
      if (this.#lines.size >= LINES_MAX) throw fields.wrong("p", "fewer lines");
      this.#lines.set(key, line);
    }
    this.#addPaths(known ?? line, fields);
  }

  /** What one CPU could not keep is not known of the line. */
  #addPaths(line: RecordedLine, fields: Fields): void {
    if (fields.isNull("paths")) {
      this.#paths.set(line, null);
      return;
    }
    const words = fields.optional("paths", () => fields.words("paths", PATH_SET_WORDS));
    const known = this.#paths.get(line);
    if (words === undefined || known === null) return;
    const set = known ?? new PathSet();
    set.add(words);
    this.#paths.set(line, set);
  }

  #readLine(fields: Fields): RecordedLine {
    const error = fields.index("err", 4095);
    const onCpuNs = fields.timeOrNull("cpu");
    if ((onCpuNs === null) !== (this.#hello.timing === "sampled")) {
      throw fields.wrong("cpu", this.#hello.timing === "sampled" ? "null" : "a time in ns");
    }
    return {
      process: fields.countOrNull("p"),
      syscall: this.#syscall(fields),
      error: error === 0 ? null : errnoName(error),
      kind: readKind(fields),
      target: fields.wordOrNull("target"),
      count: fields.count("count"),
      ...givenCount(fields, "unfinished", "inside"),
      bytes: fields.count("bytes"),
      requestedBytes: fields.count("asked"),
      sizes: readHistogram(fields, "sizes"),
      positioned: fields.count("pos"),
      sequential: fields.count("seq"),
      ...givenCount(fields, "empty"),
      samples: fields.count("samples"),
      onCpuNs,
      wait: { ioNs: fields.time("waitio"), otherNs: fields.time("waitother") },
      latency: readHistogram(fields, "latency"),
    };
  }

  #syscall(fields: Fields): string {
    return syscallName(this.#hello.architecture, fields.index("nr", SYSCALL_MAX));
  }

  #addUnfinished(fields: Fields): void {
    const name = this.#syscall(fields);
    this.#unfinished.set(name, (this.#unfinished.get(name) ?? 0) + fields.count("count"));
  }

  #addUring(fields: Fields): void {
    if (this.#uring.length >= URING_MAX) throw fields.wrong("op", "fewer entries");
    this.#uring.push({
      process: fields.countOrNull("p"),
      opcode: uringOpcodeName(fields.index("op", 255)),
      submitted: fields.count("submitted"),
      completed: fields.count("completed"),
      errors: fields.count("errors"),
      bytes: fields.count("bytes"),
    });
  }

  #addStack(fields: Fields): void {
    if (this.#stacks.length >= STACKS_MAX) throw fields.wrong("frames", "fewer stacks");
    const inUserCode = fields.integer("nr") === -1;
    this.#stacks.push({
      process: fields.count("p"),
      syscall: inUserCode ? null : this.#syscall(fields),
      samples: fields.count("samples"),
      ...givenCount(fields, "waits"),
      ...givenCount(fields, "faults"),
      frames: readFrames(fields),
    });
  }

  #processes(): RecordedProcess[] {
    return [...this.#identities].map(([id, identity]) => {
      const usage = this.#usages.get(id);
      if (usage === undefined) throw malformed("end", `process ${id} has no usage line`);
      return { id, ...identity, ...usage };
    });
  }

  /** Lines, stacks and sequences may only speak of processes that were introduced. */
  #checkReferences(
    lines: readonly RecordedLine[],
    sequences: readonly { readonly process: number }[],
  ): void {
    const known = (process: number | null) => process === null || this.#identities.has(process);
    for (const id of this.#usages.keys()) {
      if (!known(id)) throw malformed("end", `usage of process ${id}, never introduced`);
    }
    for (const { process } of [...lines, ...this.#uring, ...this.#stacks, ...sequences]) {
      if (!known(process)) throw malformed("end", `process ${process} was never introduced`);
    }
    for (const { target, kind } of lines) this.#addUnnamed(target, kind);
    for (const { id, kind } of this.#sequences.targets) this.#addUnnamed(id, kind);
  }

  /** A target whose name found no room in the recorder's tables still is a target of its own. */
  #addUnnamed(id: string | null, kind: DescriptorKind): void {
    if (id === null || this.#targets.has(id)) return;
    const unresolved = { name: null, fileSystem: null, deleted: false, truncated: false };
    this.#targets.set(id, { id, kind, ...unresolved });
  }
}

function readKind(fields: Fields): DescriptorKind {
  const kind = descriptorKinds[fields.count("kind")];
  if (kind === undefined) throw fields.wrong("kind", `an index below ${descriptorKinds.length}`);
  return kind;
}

/** Cell 0 holds the zeros; cell k the values above 2^(k-2) and up to 2^(k-1). */
function readHistogram(fields: Fields, name: string): RecordedLine["sizes"] {
  const cells = fields.cells(name);
  // map alone allocates exactly; what filter returns has room for more, in each of 50,000 lines.
  const filled = cells.some(([, count]) => count === 0)
    ? cells.filter(([, count]) => count > 0)
    : cells;
  return filled.map(([cell, count]) => ({ atMost: cell === 0 ? 0 : 2 ** (cell - 1), count }));
}

function addLine(into: RecordedLine, line: RecordedLine, fields: Fields): void {
  const counters = [
    "count",
    "bytes",
    "requestedBytes",
    "positioned",
    "sequential",
    "samples",
  ] as const;
  for (const name of counters) {
    into[name] += line[name];
    if (!Number.isSafeInteger(into[name])) throw fields.wrong("count", "a sum below 2^53");
  }
  for (const name of ["unfinished", "empty"] as const) {
    const more = line[name];
    if (more === undefined) continue;
    const sum = (into[name] ?? 0) + more;
    if (!Number.isSafeInteger(sum)) throw fields.wrong("count", "a sum below 2^53");
    into[name] = sum;
  }
  if (into.onCpuNs !== null) into.onCpuNs += line.onCpuNs ?? 0;
  into.wait.ioNs += line.wait.ioNs;
  into.wait.otherNs += line.wait.otherNs;
  if (line.sizes.length > 0) into.sizes = mergeHistograms(into.sizes, line.sizes);
  if (line.latency.length > 0) into.latency = mergeHistograms(into.latency, line.latency);
}

function readExit(fields: Fields): Pick<Recording, "exit" | "elapsedNs" | "rusage"> {
  const signal = fields.index("signal", 64);
  const rusage = fields.objectOrNull("rusage");
  return {
    exit: {
      code: fields.countOrNull("code"),
      signal: signal === 0 ? null : signalName(signal),
    },
    elapsedNs: fields.time("elapsed"),
    rusage:
      rusage === null
        ? null
        : {
            userNs: rusage.time("user"),
            systemNs: rusage.time("system"),
            minorFaults: rusage.count("minflt"),
            majorFaults: rusage.count("majflt"),
            voluntarySwitches: rusage.count("nvcsw"),
            involuntarySwitches: rusage.count("nivcsw"),
          },
  };
}

/** As the recorder says; whether its lines add up to it, the bill checks. */
function readAudit(fields: Fields): Recording["audit"] {
  const left = fields.count("left");
  const exits = fields.count("exits");
  const inside = fields.count("inflight");
  return {
    entered: left + inside + exits,
    left,
    inFlight: inside + exits,
    exits,
    unitemised: fields.count("unitemised"),
    lost: fields.count("lost"),
    unnamed: fields.count("unnamed"),
    stillRunning: fields.count("running"),
    ...givenCount(fields, "threadsLost"),
    ...givenCount(fields, "switchesUnseen"),
  };
}
