/** calibration: measures this machine's prices, mechanism by mechanism, in rounds of fresh processes. */
import { randomInt } from "node:crypto";
import { performance } from "node:perf_hooks";
import {
  CrossbillError,
  type Machine,
  PRICES_SCHEMA,
  type Prices,
  randomNumbers,
  shuffled,
} from "@crossbill/core";
import { measure, type Parameters } from "@crossbill/native";
import { type CopyTier, copyTiers, readCaches } from "./cache-tiers.ts";
import { conditionsBetween, type MachineConditions, machineConditions } from "./conditions.ts";
import {
  derivePrices,
  deriveProfile,
  type Measurement,
  pricedName,
  recorderWidthWarnings,
} from "./derive-prices.ts";
import { nsPerEvent } from "./estimate.ts";
import { identifyMachine } from "./machine.ts";
import { type CpuUse, cpuUse, othersCpus, tracerPid } from "./others-load.ts";
import { type ProfileEntry, profileOf, type Term, termName } from "./profile.ts";
import { type Progress, ProgressMeter } from "./progress.ts";
import {
  deriveRecorderPrice,
  loopPrice,
  measureRecorder,
  type RecorderMeasurement,
  type RecorderMode,
  recorderModes,
  recorderOrder,
} from "./recorder-price.ts";
import { type CalibrationWarning, disturbancesIn } from "./warnings.ts";

export interface CalibrateOptions {
  /** At most 3 s instead of 15 s: fewer rounds, wider intervals. */
  readonly quick?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the calibration early; the promise rejects with an AbortError. */
  readonly signal?: AbortSignal;
  /** Recorders to price; all by default. One that does not work here gets null and a warning. */
  readonly recorders?: readonly RecorderMode[];
  /** Repeats the random order of an earlier calibration. */
  readonly seed?: number;
  /** The machine, when the caller has identified it already. */
  readonly machine?: Machine;
}

/** The prices, and all that is needed to judge them. */
export interface Calibration {
  readonly prices: Prices;
  readonly warnings: readonly CalibrationWarning[];
  readonly conditions: MachineConditions;
  readonly seed: number;
  /** Rounds that were run to their end. */
  readonly rounds: number;
  /** One value for each process that was measured. */
  readonly measurements: readonly Measurement[];
  readonly recorderMeasurements: readonly RecorderMeasurement[];
}

/** How thorough a pass is. */
interface Effort {
  readonly rounds: number;
  readonly seconds: number;
  /** The same for what only advice needs. */
  readonly profileSeconds: number;
  /** Loop length under a recorder, in quick passes. */
  readonly recorderEffort: number;
  /** After a first whole round nothing begins later than this. */
  readonly budgetMs: number;
}

const QUICK: Effort = {
  rounds: 3,
  seconds: 0.01,
  profileSeconds: 0,
  recorderEffort: 1,
  budgetMs: 2_500,
};
const FULL: Effort = {
  rounds: 7,
  seconds: 0.04,
  profileSeconds: 0.01,
  recorderEffort: 3,
  budgetMs: 13_500,
};

/** Expected time of a process beyond what it is asked to measure: start, set-up, choice of blocks. */
const START_MS = 12;
/** Large copies need a large file first; about 1.5 GB/s, and some sixteen copies for the plan. */
const LARGE_BYTES = 8 << 20;
const LARGE_MS = 90;
const RECORDER_MS = 50;
/** Loads and stolen time above these make the machine a noisy one. */
const STOLEN_SHARE = 0.05;
/** One CPU for the measured process, half a one for crossbill and what else wakes up. */
const CPUS_NEEDED = 1.5;
/** Where there are not so many, others may take this much of one. */
const CPUS_SPARED = 0.25;

/** One process of a round. */
interface Task {
  readonly doing: string;
  readonly expectedMs: number;
  run(round: number): Promise<void>;
}

/** One process's work, how long it is timed, and the name its price goes by. */
interface Timed {
  readonly name: string;
  readonly mechanism: string;
  readonly parameters: Parameters;
  readonly seconds: number;
}

/** What a calibration gathers while it runs. */
class Gathering {
  readonly measurements: Measurement[] = [];
  readonly recorderMeasurements: RecorderMeasurement[] = [];
  readonly failures = new Map<RecorderMode, string>();
  readonly #effort: Effort;
  readonly #signal: AbortSignal | undefined;

  constructor(effort: Effort, signal: AbortSignal | undefined) {
    this.#effort = effort;
    this.#signal = signal;
  }

  mechanism(mechanism: string, bytes = 0): Task {
    const parameters: Parameters = bytes > 0 ? { bytes } : {};
    const { seconds } = this.#effort;
    return this.timed(
      { name: pricedName(mechanism, bytes), mechanism, parameters, seconds },
      bytes,
    );
  }

  timed({ name, mechanism, parameters, seconds }: Timed, bytes = 0): Task {
    const large = bytes >= LARGE_BYTES ? LARGE_MS : 0;
    return {
      doing: name,
      expectedMs: seconds * 1000 + START_MS + large,
      run: async (round) => {
        const samples = await measure({ mechanism, parameters, seconds }, this.#signal);
        const ns = nsPerEvent(samples.blocks);
        if (ns === null) return; // Nothing of the sort happened; derivePrices misses it if never.
        const { linear } = samples;
        this.measurements.push({ name, round, nsPerEvent: ns, linear });
      },
    };
  }

  /** A price that the bill can do without: what this machine refuses is left out. */
  profiled(term: Term): Task {
    const { mechanism, parameters } = term;
    const seconds = this.#effort.profileSeconds;
    const task = this.timed({ name: termName(term), mechanism, parameters, seconds });
    const run = async (round: number): Promise<void> => {
      try {
        await task.run(round);
      } catch (error) {
        if (!(error instanceof CrossbillError)) throw error;
      }
    };
    return { ...task, run };
  }

  /** The bare loop and the same under each recorder: one group, so that its differences pair. */
  recorders(modes: readonly RecorderMode[], random: () => number): Task {
    return {
      doing: "the recorders' own cost",
      expectedMs: (modes.length + 1) * RECORDER_MS * (1 + this.#effort.recorderEffort) * 0.5,
      run: async (round) => {
        for (const mode of shuffled(["bare" as const, ...modes], random)) {
          if (mode === "bare") await this.#bare(round);
          else if (!this.failures.has(mode)) await this.#recorded(mode, round);
        }
      },
    };
  }

  async #bare(round: number): Promise<void> {
    const samples = await measure(recorderOrder("bare", this.#effort.recorderEffort), this.#signal);
    const price = loopPrice("bare", samples);
    this.recorderMeasurements.push({ mode: "bare", round, ...price, seen: null });
  }

  async #recorded(mode: RecorderMode, round: number): Promise<void> {
    try {
      const one = await measureRecorder(mode, this.#effort.recorderEffort, this.#signal);
      this.recorderMeasurements.push({ mode, round, ...one });
    } catch (error) {
      // A recorder that does not work here is expected; its price stays unknown.
      if (!(error instanceof CrossbillError)) throw error;
      this.failures.set(mode, error.message);
    }
  }
}

/** Each mechanism once, however many prices it is a part of. */
function termsOf(entries: readonly ProfileEntry[]): Term[] {
  const all = entries.flatMap(({ terms }) => terms);
  return [...new Map(all.map((term) => [termName(term), term])).values()];
}

function plan(
  gathering: Gathering,
  tiers: readonly CopyTier[],
  profile: readonly ProfileEntry[],
): Task[] {
  const copies = [1, ...tiers.map((tier) => tier.measureBytes)];
  return [
    gathering.mechanism("null"),
    gathering.mechanism("timer"),
    gathering.mechanism("getppid"),
    gathering.mechanism("read-byte"),
    ...copies.map((bytes) => gathering.mechanism("copy", bytes)),
    gathering.mechanism("fault-anonymous"),
    gathering.mechanism("fault-file"),
    gathering.mechanism("pipe-pair"),
    gathering.mechanism("context-switch"),
    ...termsOf(profile).map((term) => gathering.profiled(term)),
  ];
}

/**
 * Runs the tasks round by round in random order. The first round is always whole; after it, no task
 * begins once the time is used up. Returns the number of whole rounds.
 */
async function runRounds(
  tasks: readonly Task[],
  effort: Effort,
  random: () => number,
  report: (progress: Progress) => void,
): Promise<number> {
  const expectedMs = tasks.reduce((sum, task) => sum + task.expectedMs, 0) * effort.rounds;
  const meter = new ProgressMeter(expectedMs, report, () => performance.now());
  const end = performance.now() + effort.budgetMs;
  let whole = 0;
  for (let round = 0; round < effort.rounds; round++) {
    let left = tasks.length;
    for (const task of shuffled(tasks, random)) {
      if (round > 0 && performance.now() > end) break;
      meter.begin(task.doing);
      await task.run(round);
      meter.done(task.expectedMs);
      left--;
    }
    if (left > 0) break;
    whole++;
  }
  meter.end();
  return whole;
}

function surroundings(conditions: MachineConditions, machine: Machine): CalibrationWarning[] {
  const warnings: CalibrationWarning[] = [];
  const { loadBefore: load, stealShare: share } = conditions;
  if (load > machine.cpus) warnings.push({ kind: "busy", load, cpus: machine.cpus });
  if (share > STOLEN_SHARE) warnings.push({ kind: "stolen", share });
  const tracer = tracerPid();
  if (tracer !== null) warnings.push({ kind: "traced", by: tracer });
  return warnings;
}

/** The load average tells of the last minute; this tells of the calibration itself. */
function crowding(before: CpuUse, after: CpuUse): CalibrationWarning[] {
  const others = othersCpus(before, after);
  const { cpus } = after;
  const isCrowded = others > Math.max(CPUS_SPARED, cpus - CPUS_NEEDED);
  return isCrowded ? [{ kind: "crowded", othersCpus: others, cpus }] : [];
}

/**
 * Measures the prices of this machine: a full pass in under 15 s, a quick one in under 3 s.
 * @throws UnsupportedError when something cannot be measured here; AbortError through `signal`.
 */
export async function calibrate(options: CalibrateOptions = {}): Promise<Calibration> {
  const effort = options.quick === true ? QUICK : FULL;
  const seed = options.seed ?? randomInt(2 ** 32);
  const random = randomNumbers(seed);
  const machine = options.machine ?? identifyMachine();
  const tiers = copyTiers(readCaches());
  const modes = options.recorders ?? recorderModes;
  const gathering = new Gathering(effort, options.signal);
  const profile = options.quick === true ? [] : profileOf(machine);
  const tasks = plan(gathering, tiers, profile);
  if (modes.length > 0) tasks.push(gathering.recorders(modes, random));

  const before = machineConditions();
  const usedBefore = cpuUse();
  const rounds = await runRounds(tasks, effort, random, options.onProgress ?? (() => {}));
  const conditions = conditionsBetween(before, machineConditions());
  const crowded = crowding(usedBefore, cpuUse());

  const { measurements, recorderMeasurements, failures } = gathering;
  const { prices, warnings } = derivePrices(measurements, tiers);
  const recorder = (mode: RecorderMode) => deriveRecorderPrice(mode, recorderMeasurements);
  const recorders = {
    ebpfSampled: recorder("ebpfSampled"),
    ebpfExact: recorder("ebpfExact"),
    ptrace: recorder("ptrace"),
  };
  if (rounds < effort.rounds) warnings.push({ kind: "hurried", rounds, planned: effort.rounds });
  for (const [mode, why] of failures) warnings.push({ kind: "recorder", recorder: mode, why });
  warnings.push(
    ...recorderWidthWarnings(prices.nullSyscallNs, recorders),
    ...surroundings(conditions, machine),
    ...crowded,
  );
  const disturbedBy = disturbancesIn(warnings);
  return {
    prices: {
      schema: PRICES_SCHEMA,
      measuredAt: new Date().toISOString(),
      machine,
      quick: options.quick === true,
      ...prices,
      ...(options.quick === true ? {} : { mechanisms: deriveProfile(measurements, profile) }),
      ...(disturbedBy.length === 0 ? {} : { disturbedBy }),
      recorders,
    },
    warnings,
    conditions,
    seed,
    rounds,
    measurements,
    recorderMeasurements,
  };
}
