/** One recording from the opened outputs to the written bill: what run and attach share. */

import {
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
  type Subject,
  startRecording,
} from "@crossbill/recorder";
import { type BillOutputs, type OutputNames, openBillOutputs } from "./bill-output.ts";
import { inheritedDescriptors } from "./inherited-descriptors.ts";
import { ownPrices, type PricesRequest } from "./own-prices.ts";
import { asUser, becomeUser, type InvokingUser, invokingUser, useHomeOf } from "./privilege.ts";
import { dieOf, onSignals } from "./signals.ts";
import { say } from "./terminal.ts";
import type { View } from "./view.ts";

export interface SessionOptions {
  readonly subject: Subject;
  /** What the bill names as the command. */
  readonly command: readonly string[];
  readonly outputs: OutputNames;
  readonly view: View;
  readonly exactTime: boolean;
  readonly recorder: RecorderName | null;
  readonly mayCalibrate: boolean;
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
  const outputs = asUser(user, () => openBillOutputs(options.outputs));
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
    return await record({ ...options, mode, environment, user, outputs, machine, prices });
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

interface Prepared extends Omit<SessionOptions, "outputs"> {
  readonly mode: RecorderMode;
  readonly environment: NodeJS.ProcessEnv;
  readonly user: InvokingUser | null;
  readonly outputs: BillOutputs;
  readonly machine: Machine;
  readonly prices: Prices;
}

async function record(prepared: Prepared): Promise<Recording["exit"]> {
  const { prices, machine, outputs, command, view } = prepared;
  const startedAt = new Date().toISOString();
  const { facts } = await watch(prepared);
  const recording: Recording = {
    schema: RECORDING_SCHEMA,
    machine,
    command: [...command],
    startedAt,
    ...facts,
  };
  outputs.write(recording, makeBill(recording, prices), view);
  return recording.exit;
}

/** Runs the recorder to its end, with signals and the time limit going where they should. */
async function watch(prepared: Prepared): Promise<Recorded> {
  const { mode } = prepared;
  const running = startRecording({
    recorder: mode === "ptrace" ? "ptrace" : "ebpf",
    timing: mode === "ebpfSampled" ? "sampled" : "exact",
    subject: prepared.subject,
    environment: prepared.environment,
    standardOutput: prepared.outputs.takesStandardOutput ? 2 : 1,
    inherited: inheritedDescriptors(),
  });
  const release = onSignals((_name, number) =>
    prepared.signals === "forward" ? running.forward(number) : running.stop(),
  );
  // The recorder has what it needs from root; what follows is the user's business.
  becomeUser(prepared.user);
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
