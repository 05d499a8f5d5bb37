/** lab: runs topics one after another and keeps what is done. */
import { randomInt } from "node:crypto";
import { performance } from "node:perf_hooks";
import { LAB_SCHEMA, type LabReport, randomNumbers, type TopicReport } from "@crossbill/core";
import { readCaches } from "./cache-tiers.ts";
import { conditionsBetween, machineConditions } from "./conditions.ts";
import type { Experiment, Scope } from "./experiment.ts";
import { experiments } from "./experiments.ts";
import { identifyMachine } from "./machine.ts";
import type { Progress } from "./progress.ts";
import { QUICK_SHARE } from "./rounds.ts";
import { makeScratch } from "./scratch.ts";
import { runTopic } from "./topic.ts";

export interface LabOptions {
  /** Names of topics; all when absent. */
  readonly topics?: readonly string[];
  /** At most a minute for all: fewer rounds, wider intervals. */
  readonly quick?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  /** Called with each topic as it is done, and with the report as far as it goes. */
  readonly onTopic?: (topic: TopicReport, soFar: LabReport) => void;
  /** Ends the run; what is done is in the report, which then is not `complete`. */
  readonly signal?: AbortSignal;
  /** Topics of an earlier run of this machine that need not be measured again. */
  readonly done?: readonly TopicReport[];
  /** Repeats the random order of an earlier run. */
  readonly seed?: number;
}

/** What measuring may take, all topics together; with starting and fitting eight minutes, or one. */
const MOST_SECONDS = { full: 465, quick: 53 };

/** What is left of a run for the topic at `at`, when those after it are to get their budgets. */
function secondsFor(all: readonly Experiment[], at: number, quick: boolean, spent: number): number {
  const most = MOST_SECONDS[quick ? "quick" : "full"];
  const sum = (list: readonly Experiment[]) =>
    list.reduce((seconds, { budgetSeconds }) => seconds + budgetSeconds, 0);
  const share = Math.min(quick ? QUICK_SHARE : 1, most / Math.max(1, sum(all)));
  return most - spent - sum(all.slice(at + 1)) * share;
}

/** A process takes seconds, a topic a minute at most: guesses for the progress over all topics. */
function overall(
  all: readonly Experiment[],
  at: number,
  quick: boolean,
  report: (progress: Progress) => void,
): (progress: Progress) => void {
  const seconds = all.map(({ budgetSeconds }) => budgetSeconds * (quick ? QUICK_SHARE : 1));
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
  const whole = Math.max(1e-9, sum(seconds));
  return ({ share, secondsLeft, doing }) => {
    const done = sum(seconds.slice(0, at)) + share * (seconds[at] ?? 0);
    report({
      share: Math.min(1, done / whole),
      secondsLeft: secondsLeft + sum(seconds.slice(at + 1)),
      doing,
    });
  };
}

/**
 * Measures the topics of the chapter on this machine.
 * @throws RangeError for a topic that does not exist.
 */
export async function run(options: LabOptions = {}): Promise<LabReport> {
  const chosen = chooseTopics(options.topics);
  const seed = options.seed ?? randomInt(2 ** 32);
  const quick = options.quick === true;
  const machine = identifyMachine();
  const before = machineConditions();
  const measuredAt = new Date().toISOString();
  const topics = (options.done ?? []).filter(({ name }) => chosen.some((one) => one.name === name));
  const left = chosen.filter(({ name }) => !topics.some((one) => one.name === name));
  const order = (topic: TopicReport) => chosen.findIndex(({ name }) => name === topic.name);
  const reportNow = (): LabReport => ({
    schema: LAB_SCHEMA,
    measuredAt,
    machine,
    conditions: conditionsBetween(before, machineConditions()),
    quick,
    seed,
    complete: topics.length === chosen.length,
    topics: topics.toSorted((a, b) => order(a) - order(b)),
  });
  const random = randomNumbers(seed);
  const start = performance.now();
  const { folder, remove } = makeScratch();
  const scope: Scope = { quick, machine, caches: readCaches(), pageBytes: 4096, folder };
  try {
    for (const [at, experiment] of left.entries()) {
      const onProgress = overall(left, at, quick, options.onProgress ?? (() => {}));
      const topic = await runTopic(experiment, {
        scope,
        random,
        onProgress,
        signal: options.signal,
        mostMs: secondsFor(left, at, quick, (performance.now() - start) / 1000) * 1000,
      });
      topics.push(topic);
      options.onTopic?.(topic, reportNow());
    }
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
  } finally {
    remove();
  }
  return reportNow();
}

/** The experiments of these names, in the order of the chapter. */
export function chooseTopics(names: readonly string[] | undefined): readonly Experiment[] {
  const unknown = names?.find((name) => !experiments.some((one) => one.name === name));
  if (unknown !== undefined) throw new RangeError(`there is no topic ${unknown}`);
  return experiments.filter(({ name }) => names === undefined || names.includes(name));
}
