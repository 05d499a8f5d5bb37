/** Import: a log of strace or perf trace, line by line, as a recording that says what it lacks. */

import { sum } from "./bill/sum.ts";
import { RecordingError } from "./errors.ts";
import type { ImportedLog } from "./imports/imported-log.ts";
import { StraceLog } from "./imports/strace-log.ts";
import { isPerfSummary, isStraceSummary, PerfSummary, StraceSummary } from "./imports/summaries.ts";
import type { Machine } from "./machine.ts";
import { RECORDING_SCHEMA, type RecordedProcess, type Recording } from "./recording.ts";

/** What a log does not say itself. */
export interface ImportContext {
  /** Whose prices are to be used. */
  readonly machine: Machine;
  /** ISO 8601. */
  readonly importedAt: string;
  /** What the log is called, for one that does not name its program. */
  readonly name: string;
}

type Reader = StraceLog | StraceSummary | PerfSummary;

/** Tells the kinds of logs apart by what they hold, and reads them in bounded memory. */
export class LogImport {
  #reader: Reader = new StraceLog();
  #hasEnded = false;

  /** Takes the next line, without its end; each code unit is a byte. */
  add(text: string): void {
    if (this.#hasEnded) return;
    const Table = isStraceSummary(text) ? StraceSummary : isPerfSummary(text) ? PerfSummary : null;
    if (Table === null) this.#reader.add(text);
    else if (this.#reader.calls === 0) this.#reader = new Table();
    // strace -C sums behind the log what the log has told already.
    else if (this.#reader instanceof StraceLog) this.#hasEnded = true;
  }

  /** @throws RecordingError when no line told of a call. */
  finish(context: ImportContext): Recording {
    if (this.#reader.calls === 0) {
      throw new RecordingError("no call of strace or perf trace is in the file", null, {
        remedy:
          "write one with strace -f -ttt -T -y -o FILE, strace -f -c -o FILE or perf trace -s",
      });
    }
    return recordingOf(this.#reader.finish(), context);
  }
}

function recordingOf(log: ImportedLog, context: ImportContext): Recording {
  const lines = log.lines.lines;
  const left = sum(lines, ({ count }) => count) + log.lines.lost;
  const unfinished = [...log.unfinished].map(([syscall, count]) => ({ syscall, count }));
  const inFlight = sum(unfinished, ({ count }) => count);
  const spent = spentByProcess(lines);
  return {
    schema: RECORDING_SCHEMA,
    machine: context.machine,
    recorder: "import",
    timing: "exact",
    imported: { from: log.format, gaps: [...log.gaps], unread: log.unread, floorNs: log.floorNs },
    command: log.command.length > 0 ? [...log.command] : [context.name],
    startedAt:
      log.startedAtSeconds === null
        ? context.importedAt
        : new Date(log.startedAtSeconds * 1000).toISOString(),
    elapsedNs: log.elapsedNs,
    exit: log.exit,
    rusage: null,
    audit: {
      entered: left + inFlight,
      left,
      inFlight,
      exits: log.exits,
      unitemised: log.lines.unitemised,
      lost: log.lines.lost,
      unnamed: 0,
      stillRunning: 0,
    },
    samplePeriodNs: null,
    processes: log.lines.processes.map((process) => withTimes(process, spent.get(process.id))),
    targets: log.lines.targets,
    lines,
    unfinished,
    uring: [],
    stacks: [],
  };
}

interface Spent {
  onCpuNs: number;
  waitNs: number;
}

function spentByProcess(lines: Recording["lines"]): Map<number, Spent> {
  const spent = new Map<number, Spent>();
  for (const { process, onCpuNs, wait } of lines) {
    if (process === null) continue;
    const own = spent.get(process) ?? { onCpuNs: 0, waitNs: 0 };
    own.onCpuNs += onCpuNs ?? 0;
    own.waitNs += wait.otherNs;
    spent.set(process, own);
  }
  return spent;
}

/** A process lasted at least as long as its calls; what was no waiting was on the CPU, as far as is known. */
function withTimes(
  process: RecordedProcess,
  { onCpuNs, waitNs }: Spent = { onCpuNs: 0, waitNs: 0 },
): RecordedProcess {
  const wallNs = Math.max(process.wallNs, onCpuNs + waitNs);
  return { ...process, wallNs, onCpuNs: wallNs - waitNs };
}
