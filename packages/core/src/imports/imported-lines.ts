/** Imported lines: what a log tells, gathered into a recording's lines, in bounded memory. */
import type { DescriptorKind, RecordedLine, RecordedProcess, Target } from "../recording.ts";
import type { MovedBytes } from "./call-facts.ts";

/** Lines with a target of their own; twice as many with their process; thrice as many in all. */
const LINES_MAX = 16_384;
const PROCESSES_MAX = 4096;
/** Half of what a number holds exactly: 52 days, 4 PiB. */
const SUM_MAX = 2 ** 52;

/** What sums may come to: a hostile log gets no more. */
class Allowance {
  #left: number;

  constructor(most: number) {
    this.#left = most;
  }

  /** The amount, or what is left. */
  take(amount: number): number {
    const taken = Math.min(amount, this.#left);
    this.#left -= taken;
    return taken;
  }
}

/** Calls that a log tells of at once: one, or as many as its table sums. */
export interface ImportedCalls {
  readonly process: RecordedProcess;
  readonly syscall: string;
  readonly error: string | null;
  readonly kind: DescriptorKind;
  readonly targetName: string | null;
  readonly deleted: boolean;
  readonly count: number;
  /** Whether the duration is that of one call. */
  readonly isTimed: boolean;
  readonly moved: MovedBytes | null;
  /** null: not known. */
  readonly durationNs: number | null;
  /** Whether that was waiting, as far as calls of the kind wait. */
  readonly waits: boolean;
}

interface OpenLine {
  readonly line: Omit<RecordedLine, "sizes" | "latency">;
  readonly sizes: Map<number, number>;
  readonly latency: Map<number, number>;
}

export class ImportedLines {
  readonly processes: RecordedProcess[] = [];
  readonly #lines = new Map<string, OpenLine>();
  readonly #targets = new Map<string, Target>();
  /** All times of the log, and all bytes: no sum of them is larger than a bill can hold. */
  readonly times = new Allowance(SUM_MAX);
  readonly #bytes = new Allowance(SUM_MAX);
  /** Calls without process, and calls in no line. */
  unitemised = 0;
  lost = 0;

  /** A process from its `execve` on; beyond the limit the last one stands for all. */
  openProcess(fields: Pick<RecordedProcess, "pid" | "ppid" | "comm" | "exe">): RecordedProcess {
    const last = this.processes.at(-1);
    if (this.processes.length >= PROCESSES_MAX && last !== undefined) {
      last.instances += 1;
      return last;
    }
    const process = { ...emptyProcess, ...fields, id: this.processes.length };
    this.processes.push(process);
    return process;
  }

  add(calls: ImportedCalls): void {
    const open = this.#lineOf(calls);
    if (open === null) {
      this.lost += calls.count;
      return;
    }
    const { line, sizes, latency } = open;
    line.count += calls.count;
    if (line.process === null) this.unitemised += calls.count;
    if (calls.moved !== null) {
      line.bytes += this.#bytes.take(calls.moved.bytes);
      line.requestedBytes += this.#bytes.take(calls.moved.requestedBytes);
      if (calls.error === null) countCell(sizes, calls.moved.bytes);
    }
    if (calls.durationNs === null) return;
    const ns = this.times.take(calls.durationNs);
    if (calls.waits) line.wait.otherNs += ns;
    else line.onCpuNs = (line.onCpuNs ?? 0) + ns;
    if (calls.isTimed) countCell(latency, calls.durationNs);
  }

  get lines(): RecordedLine[] {
    return [...this.#lines.values()].map(({ line, sizes, latency }) => ({
      ...line,
      sizes: cells(sizes),
      latency: cells(latency),
    }));
  }

  get targets(): Target[] {
    return [...this.#targets.values()];
  }

  #lineOf(calls: ImportedCalls): OpenLine | null {
    const { process, kind, targetName } = calls;
    const found =
      this.#find(calls, { process: process.id, kind, name: targetName }, LINES_MAX) ??
      this.#find(calls, { process: process.id, kind, name: null }, 2 * LINES_MAX) ??
      this.#find(calls, { process: null, kind: "none", name: null }, 3 * LINES_MAX);
    return found;
  }

  /** The line of that key; a new one only while there are fewer than `most`. */
  #find(calls: ImportedCalls, { process, kind, name }: LineKey, most: number): OpenLine | null {
    const { syscall, error, deleted } = calls;
    const target = name === null ? null : JSON.stringify([kind, name, deleted]);
    const key = JSON.stringify([process, syscall, error, kind, target]);
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    if (this.#lines.size >= most) return null;
    if (target !== null && !this.#targets.has(target)) {
      const facts = { fileSystem: null, deleted, truncated: false };
      this.#targets.set(target, { id: `t${this.#targets.size}`, kind, name, ...facts });
    }
    const id = target === null ? null : (this.#targets.get(target)?.id ?? null);
    const line = { ...emptyLine, process, syscall, error, kind, target: id };
    const open = {
      line: { ...line, wait: { ioNs: 0, otherNs: 0 } },
      sizes: new Map<number, number>(),
      latency: new Map<number, number>(),
    };
    this.#lines.set(key, open);
    return open;
  }
}

interface LineKey {
  readonly process: number | null;
  readonly kind: DescriptorKind;
  readonly name: string | null;
}

const emptyLine = {
  count: 0,
  bytes: 0,
  requestedBytes: 0,
  positioned: 0,
  sequential: 0,
  samples: 0,
  onCpuNs: null,
};

const emptyProcess = {
  instances: 1,
  threads: 1,
  wallNs: 0,
  onCpuNs: 0,
  runQueueNs: 0,
  faultWait: { ioNs: 0, otherNs: 0 },
  unfinishedWait: { ioNs: 0, otherNs: 0 },
  minorFaults: 0,
  majorFaults: 0,
  voluntarySwitches: 0,
  involuntarySwitches: 0,
  samples: { user: 0, syscall: 0, fault: 0 },
  measuredFaultNs: null,
};

/** Cells by powers of two, as recorders have them. */
function countCell(histogram: Map<number, number>, value: number): void {
  const atMost = value <= 0 ? 0 : 2 ** Math.ceil(Math.log2(value));
  histogram.set(atMost, (histogram.get(atMost) ?? 0) + 1);
}

function cells(histogram: ReadonlyMap<number, number>): RecordedLine["sizes"] {
  return [...histogram]
    .map(([atMost, count]) => ({ atMost, count }))
    .toSorted((a, b) => a.atMost - b.atMost);
}
