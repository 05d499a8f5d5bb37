/** Tables that sum calls: those of `strace -c` and of `perf trace -s`. */
import { decodeByteString } from "../byte-text.ts";
import type { RecordedProcess } from "../recording.ts";
import { zeroInterval } from "../statistics.ts";
import { mostlyWaits } from "./call-facts.ts";
import { ImportedLines } from "./imported-lines.ts";
import type { ImportedLog } from "./imported-log.ts";
import { secondsToNs } from "./strace-call.ts";

/** The names of the columns of strace's table, between which there are spaces alone. */
const STRACE_HEAD = /^% time +seconds +(?:[\w/-]+ +)*calls +errors +syscall *$/;
const PERF_HEAD = /^ *Summary of events: *$/;
const PERF_THREAD = /^ (.{0,64}?) \((\d{1,10})\), \d{1,16} events, [\d.]{1,12}% *$/;
const PERF_ROW =
  /^ {3}(\w{1,64}) +(\d{1,10}) +(?:(\d{1,10}) +)?(\d{1,12}\.\d{1,9}) +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+%? *$/;
const NOTHING_TO_READ = /^[ -]*$|^ +(?:syscall +calls|\(msec\)|.*\(msec\))/;

export function isStraceSummary(text: string): boolean {
  return STRACE_HEAD.test(text);
}

export function isPerfSummary(text: string): boolean {
  return PERF_HEAD.test(text);
}

/** What both tables have of a row. */
interface SummedCalls {
  readonly syscall: string;
  readonly calls: number;
  readonly errors: number;
  readonly durationNs: number;
  /** Whether that is waiting rather than work. */
  readonly waits: boolean;
}

class SummedLines {
  readonly lines = new ImportedLines();
  unread = 0;
  calls = 0;

  /** Which errors there were is not told, so those that failed are apart by an error without a name. */
  add(process: RecordedProcess, { syscall, calls, errors, durationNs, waits }: SummedCalls): void {
    // More than any run makes: the table is nobody's.
    if (this.calls + calls > CALLS_MAX) {
      this.unread += 1;
      return;
    }
    this.calls += calls;
    const failed = Math.min(errors, calls);
    const share = calls > 0 ? failed / calls : 0;
    const row = { process, syscall, kind: "none", targetName: null, deleted: false } as const;
    const all = { ...row, moved: null, isTimed: false, waits };
    if (calls > failed) {
      const ns = durationNs * (1 - share);
      this.lines.add({ ...all, error: null, count: calls - failed, durationNs: ns });
    }
    if (failed > 0) {
      this.lines.add({
        ...all,
        error: UNNAMED_ERROR,
        count: failed,
        durationNs: durationNs * share,
      });
    }
  }
}

/** Those of a day, if each took 100 ns. */
const CALLS_MAX = 1e12;

/** errno 0: the tables count errors and do not name them. */
const UNNAMED_ERROR = "errno_0";

const noFacts = {
  unfinished: new Map<string, number>(),
  exits: 0,
  floorNs: zeroInterval,
  command: [],
  exit: { code: null, signal: null },
  startedAtSeconds: null,
  elapsedNs: 0,
};

export class StraceSummary {
  readonly #summed = new SummedLines();
  #process: RecordedProcess | null = null;
  #hasEnded = false;

  get calls(): number {
    return this.#summed.calls;
  }

  add(text: string): void {
    if (this.#hasEnded || /^[ -]*$/.test(text) || isStraceSummary(text)) return;
    const row = /^ *[\d.]+ +(\d{1,9}\.\d{1,9}) +(?:\d+ +)?(.*?)(\w{1,64}) *$/.exec(text);
    const [, seconds, figures = "", syscall] = row ?? [];
    const counts = /^(\d{1,10}) +(?:(\d{1,10}) +)?$/.exec(figures);
    if (seconds === undefined || syscall === undefined || counts === null) {
      this.#summed.unread += 1;
      return;
    }
    this.#hasEnded = syscall === "total";
    if (this.#hasEnded) return;
    this.#process ??= this.#summed.lines.openProcess({ pid: 0, ppid: 0, comm: "?", exe: null });
    this.#summed.add(this.#process, {
      syscall,
      calls: Number(counts[1]),
      errors: Number(counts[2] ?? 0),
      durationNs: secondsToNs(seconds),
      waits: false,
    });
  }

  finish(): ImportedLog {
    const { lines, unread } = this.#summed;
    const gaps = ["faults", "processes", "targets", "errors", "elapsed", "ticks"] as const;
    return { ...noFacts, format: "strace summary", lines, unread, gaps };
  }
}

export class PerfSummary {
  readonly #summed = new SummedLines();
  #process: RecordedProcess | null = null;

  get calls(): number {
    return this.#summed.calls;
  }

  add(text: string): void {
    const thread = PERF_THREAD.exec(text);
    if (thread !== null) {
      const [, comm = "?", tid] = thread;
      const facts = { pid: Number(tid), ppid: 0, comm: decodeByteString(comm), exe: null };
      this.#process = this.#summed.lines.openProcess(facts);
      return;
    }
    if (NOTHING_TO_READ.test(text) || isPerfSummary(text)) return;
    const row = PERF_ROW.exec(text);
    if (row === null || this.#process === null) {
      this.#summed.unread += 1;
      return;
    }
    const [, syscall = "", calls, errors = "0", ms = "0"] = row;
    const durationNs = Math.round(secondsToNs(ms) / 1000);
    this.#summed.add(this.#process, {
      ...{
        syscall,
        calls: Number(calls),
        errors: Number(errors),
        durationNs,
        waits: mostlyWaits(syscall),
      },
    });
  }

  finish(): ImportedLog {
    const { lines, unread } = this.#summed;
    const gaps = ["faults", "observer", "work-or-waiting", "targets", "errors", "elapsed"] as const;
    return { ...noFacts, format: "perf trace summary", lines, unread, gaps };
  }
}
