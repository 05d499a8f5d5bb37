/** live-recording: one plain run under a recorder: what crossed, what was written, what was advised. */
import {
  advise,
  CrossbillError,
  makeBill,
  RECORDING_SCHEMA,
  type Recording,
  type ShareInterval,
} from "@crossbill/core";
import { identifyMachine, loadPrices } from "@crossbill/lab";
import { chooseRecorder, startRecording } from "@crossbill/recorder";
import { becomingCommand, type LivePlace } from "./live-run.ts";

export interface PlainRecording {
  /** Crossings of the program and its children; null: none were counted, and why. */
  readonly crossings: number | null;
  readonly why: string | null;
  /** Regular files that it wrote to. */
  readonly written: readonly string[];
  /** What the finding claims of this run; null: it has none, or there are no prices. */
  readonly predicted: ShareInterval | null;
}

/** More are not compared; whoever writes so many names the important ones. */
const WRITTEN_MAX = 64;
/** Alone it would run on: a recorder's end ends no program. */
const SIGKILL = 9;
const writes: ReadonlySet<string> = new Set([
  ...["write", "pwrite64", "writev", "pwritev", "pwritev2"],
  ...["copy_file_range", "sendfile", "splice"],
]);

/** A recorder that cannot work here costs the coverage, not the trial. */
export async function recordPlain(
  place: LivePlace,
  finding: string | null,
): Promise<PlainRecording> {
  try {
    return summary(await record(place), place, finding);
  } catch (error) {
    if (!(error instanceof CrossbillError) || place.signal.aborted) throw error;
    return { crossings: null, why: error.message, written: [], predicted: null };
  }
}

async function record(place: LivePlace): Promise<Recording> {
  const { recorder } = chooseRecorder({ forced: null });
  const running = startRecording({
    recorder,
    timing: recorder === "ptrace" ? "exact" : "sampled",
    subject: { command: becomingCommand(place) },
  });
  const stop = (): void => running.forward(SIGKILL);
  place.signal.addEventListener("abort", stop, { once: true });
  try {
    const startedAt = new Date().toISOString();
    const { facts } = await running.result;
    place.signal.throwIfAborted();
    return {
      schema: RECORDING_SCHEMA,
      machine: identifyMachine(),
      command: [...place.command],
      startedAt,
      ...facts,
    };
  } finally {
    place.signal.removeEventListener("abort", stop);
  }
}

function summary(recording: Recording, place: LivePlace, finding: string | null): PlainRecording {
  // The runner is in its place for a moment: until it becomes the program.
  const runner = recording.processes.find(({ comm }) => comm === "crossbill-timed")?.id;
  const own = recording.lines.filter(({ process }) => process === null || process !== runner);
  const targets = new Map(recording.targets.map((target) => [target.id, target]));
  const written = own.flatMap(({ syscall, target }) => {
    const known = target === null || !writes.has(syscall) ? undefined : targets.get(target);
    const path = known?.kind === "file" && !known.truncated ? known.name : null;
    return path?.startsWith("/") === true && !path.startsWith(`${place.folder}/`) ? [path] : [];
  });
  return {
    crossings: own.reduce((all, { count }) => all + count, 0),
    why: null,
    written: [...new Set(written)].slice(0, WRITTEN_MAX),
    predicted: finding === null ? null : prediction(recording, finding),
  };
}

function prediction(recording: Recording, code: string): ShareInterval | null {
  const prices = loadPrices(recording.machine);
  if (prices.state !== "found") return null;
  const { findings } = advise(makeBill(recording, prices.prices));
  const finding = findings.find((one) => one.code === code);
  if (finding === undefined) return null;
  const { lowNs, likelyNs, highNs, likelyShare } = finding.saving;
  const of = (ns: number): number => (likelyNs === 0 ? 0 : (ns / likelyNs) * likelyShare);
  return { lowShare: of(lowNs), likelyShare: of(likelyNs), highShare: of(highNs) };
}
