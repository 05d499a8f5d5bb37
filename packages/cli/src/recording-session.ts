/** One recording from the opened outputs to the written bill: what run and attach share. */

import {
  type Bill,
  type Machine,
  makeBill,
  type Prices,
  RECORDING_SCHEMA,
  type Recording,
} from "@crossbill/core";
import { identifyMachine, type RecorderMode } from "@crossbill/lab";
import {
  chooseRecorder,
  fallbackNotice,
  type Recorded,
  type RecorderName,
  type RunningRecording,
  type Subject,
  startRecording,
} from "@crossbill/recorder";
import { nameCallSites } from "./call-site-names.ts";
import { inheritedDescriptors } from "./inherited-descriptors.ts";
import { ownPrices, type PricesRequest } from "./own-prices.ts";
import { asUser, becomeUser, type InvokingUser, invokingUser, useHomeOf } from "./privilege.ts";
import { dieOf, onSignals } from "./signals.ts";
import { say } from "./terminal.ts";

/** Where the bills of a session go. */
export interface SessionOutputs {
  /** Whether standard output is taken, so that the program's must go elsewhere. */
  readonly takesStandardOutput: boolean;
  /** Gets each run's, before the next one begins. */
  write(recording: Recording, bill: Bill): void;
  discard(): void;
}

/** Takes the standard output of one run, and passes it on. */
export interface OutputTap {
  /** What the program gets. */
  readonly descriptor: number;
  /** The program has it now: our own copy is closed. */
  handOver(): void;
  /** The program has ended: what it wrote is passed on, and everything closed. */
  finish(): void;
}

export interface SessionOptions {
  readonly subject: Subject;
  /** What the bill names as the command. */
  readonly command: readonly string[];
  /** Called with the user's rights, before anything else. */
  readonly openOutputs: () => SessionOutputs;
  /** Opens what takes the standard output of a run, to pass it on to 1 or 2; absent: nothing does. */
  readonly openTap?: (to: 1 | 2) => OutputTap;
  /** How often the program is run, unless it fails; once by default. */
  readonly runs?: number;
  readonly exactTime: boolean;
  readonly recorder: RecorderName | null;
  /** How many reads, writes and seeks to keep in order; none by default. */
  readonly sequence?: number | null;
  readonly mayCalibrate: boolean;
  /** Whether to look for the functions and lines that made the calls; not by default. */
  readonly nameSites?: boolean;
  /** "forward": signals go to the program. "stop": they end the recording. */
  readonly signals: "forward" | "stop";
  /** Ends the recording after this time, ms. */
  readonly durationMs: number | null;
}

/** Records, bills and writes; gives how the program ended. */
export async function recordAndBill(options: SessionOptions): Promise<Recording["exit"]> {
  const environment = { ...process.env };
  const user = invokingUser();
  useHomeOf(user);
  const outputs = asUser(user, options.openOutputs);
  try {
    const machine = identifyMachine();
    const choice = chooseRecorder({ forced: options.recorder });
    const mode = modeOf(choice.recorder, options.exactTime);
    const { mayCalibrate } = options;
    const prices = await pricesUnlessInterrupted({ machine, user, mode, mayCalibrate });
    if (typeof prices === "string") {
      outputs.discard();
      return { code: await dieOf(prices), signal: null };
    }
    if (choice.shortcoming !== null) {
      say(
        fallbackNotice(choice.shortcoming, prices.recorders.ptrace?.overheadNsPerCrossing.likely),
      );
    }
    return await recordRuns({ ...options, mode, environment, user, outputs, machine, prices });
  } catch (error) {
    outputs.discard();
    throw error;
  }
}

/** The prices, or the name of the signal that came first. */
async function pricesUnlessInterrupted(
  request: Omit<PricesRequest, "signal">,
): Promise<Prices | string> {
  const abort = new AbortController();
  const interruption: { by: string | null } = { by: null };
  const release = onSignals((name) => {
    interruption.by ??= name;
    abort.abort();
  });
  try {
    return await ownPrices({ ...request, signal: abort.signal });
  } catch (error) {
    if (interruption.by !== null) return interruption.by;
    throw error;
  } finally {
    release();
  }
}

/** The ptrace recorder sees every call anyway, so it times every call. */
function modeOf(recorder: RecorderName, exactTime: boolean): RecorderMode {
  if (recorder === "ptrace") return "ptrace";
  return exactTime ? "ebpfExact" : "ebpfSampled";
}

interface Prepared extends SessionOptions {
  readonly mode: RecorderMode;
  readonly environment: NodeJS.ProcessEnv;
  readonly user: InvokingUser | null;
  readonly outputs: SessionOutputs;
  readonly machine: Machine;
  readonly prices: Prices;
}

/** The last run, or the first one that fails. Root is needed until the last one has started. */
async function recordRuns(prepared: Prepared): Promise<Recording["exit"]> {
  const { user, runs = 1 } = prepared;
  for (let run = 1; ; run += 1) {
    const isLast = run >= runs;
    const exit = await record(prepared, isLast ? user : null);
    if (isLast) return exit;
    if (exit.code === 0 && exit.signal === null) continue;
    becomeUser(user);
    return exit;
  }
}

/** @param becomes who to be for good once the recorder has started. */
async function record(
  prepared: Prepared,
  becomes: InvokingUser | null,
): Promise<Recording["exit"]> {
  const { prices, machine, outputs, command, user, nameSites = false } = prepared;
  const startedAt = new Date().toISOString();
  const { facts } = await watch(prepared, becomes);
  const recorded: Recording = {
    schema: RECORDING_SCHEMA,
    machine,
    command: [...command],
    startedAt,
    ...facts,
  };
  // Files are read and tools started with the user's rights only, so not while there are more.
  const isUser = user === null || becomes !== null;
  const recording = nameSites && isUser ? await nameCallSites(recorded) : recorded;
  outputs.write(recording, makeBill(recording, prices));
  return recording.exit;
}

/** Runs the recorder to its end, with signals and the time limit going where they should. */
async function watch(prepared: Prepared, becomes: InvokingUser | null): Promise<Recorded> {
  const place = prepared.outputs.takesStandardOutput ? 2 : 1;
  const { openTap } = prepared;
  const tap = openTap === undefined ? null : asUser(prepared.user, () => openTap(place));
  try {
    const running = start(prepared, tap?.descriptor ?? place);
    tap?.handOver();
    return await follow(running, prepared, becomes);
  } finally {
    tap?.finish();
  }
}

function start(prepared: Prepared, standardOutput: number): RunningRecording {
  const { mode } = prepared;
  return startRecording({
    recorder: mode === "ptrace" ? "ptrace" : "ebpf",
    timing: mode === "ebpfSampled" ? "sampled" : "exact",
    subject: prepared.subject,
    ...(typeof prepared.sequence === "number" ? { sequence: prepared.sequence } : {}),
    environment: prepared.environment,
    standardOutput,
    inherited: inheritedDescriptors(),
  });
}

async function follow(
  running: RunningRecording,
  prepared: Prepared,
  becomes: InvokingUser | null,
): Promise<Recorded> {
  const release = onSignals((_name, number) =>
    prepared.signals === "forward" ? running.forward(number) : running.stop(),
  );
  // The recorder has what it needs from root; what follows is the user's business.
  becomeUser(becomes);
  const { durationMs } = prepared;
  let timer: NodeJS.Timeout | undefined;
  try {
    // Loading the recorder may take as long as what is asked for: time counts from its first look.
    const pid = await running.started;
    if (durationMs !== null && pid !== null) timer = setTimeout(() => running.stop(), durationMs);
    return await running.result;
  } finally {
    clearTimeout(timer);
    release();
  }
}
