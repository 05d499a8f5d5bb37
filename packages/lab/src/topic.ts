/** topic: runs one experiment: its points, round by round, each in a fresh process. */
import { performance } from "node:perf_hooks";
import { CrossbillError, type LabPoint, median, shuffled, type TopicReport } from "@crossbill/core";
import { type Block, type MeasureOrder, measure, type Samples } from "@crossbill/native";
import { LOW_QUANTILE, quantile } from "./estimate.ts";
import type { Experiment, Point, Scope } from "./experiment.ts";
import { Measured } from "./measured.ts";
import { type Progress, ProgressMeter } from "./progress.ts";
import { measureRecorded } from "./recorder-price.ts";
import { beginsRound, FEWEST_ROUNDS, MOST_ROUNDS, QUICK_SHARE, type Spent } from "./rounds.ts";

const QUICK_POINT_SHARE = 1 / 4;
const DEFAULT_SECONDS = 0.05;
/** Start, choice of blocks and end of a process. */
const PROCESS_MS = 15;

export interface TopicOptions {
  readonly scope: Scope;
  readonly random: () => number;
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal | undefined;
  /** What the whole run has for this topic, so that the others still get their budgets. */
  readonly mostMs: number;
}

/** What the rounds have gathered of one point. */
class Gathered {
  readonly point: Point;
  missing: string | null = null;
  readonly values: number[] = [];
  readonly cpuValues: number[] = [];
  readonly linear: boolean[] = [];
  readonly #counts = new Map<string, number[]>();

  constructor(point: Point) {
    this.point = point;
  }

  add(samples: Samples): void {
    const share = this.point.estimator === "median" ? 0.5 : LOW_QUANTILE;
    const blocks = samples.blocks.filter(({ events }) => events > 0);
    if (blocks.length === 0) return;
    const each = (of: (block: Block) => number) => blocks.map((one) => of(one) / one.events);
    this.values.push(
      quantile(
        each(({ ns }) => ns),
        share,
      ),
    );
    this.cpuValues.push(
      quantile(
        each(({ cpuNs }) => cpuNs),
        share,
      ),
    );
    if (samples.linear !== null) this.linear.push(samples.linear);
    for (const name of Object.keys(blocks[0]?.counts ?? {})) {
      const perEvent = median(each(({ counts }) => counts[name] ?? 0));
      this.#counts.set(name, [...(this.#counts.get(name) ?? []), perEvent]);
    }
  }

  report(): LabPoint {
    const { series, x, mechanism, parameters, role } = this.point;
    const failed = this.linear.filter((one) => !one).length;
    const none = this.values.length === 0 ? "it was not measured" : null;
    return {
      ...{ series, x, mechanism, parameters, role },
      values: this.values,
      cpuValues: this.cpuValues,
      counts: Object.fromEntries([...this.#counts].map(([name, values]) => [name, median(values)])),
      linear: this.linear.length === 0 ? null : failed * 2 <= this.linear.length,
      missing: this.missing ?? none,
    };
  }
}

function orderOf(point: Point, quick: boolean): MeasureOrder {
  const { mechanism, parameters, exactly } = point;
  const seconds = (point.seconds ?? DEFAULT_SECONDS) * (quick ? QUICK_POINT_SHARE : 1);
  return exactly === undefined
    ? { mechanism, parameters, seconds }
    : { mechanism, parameters, ...exactly };
}

/** A guess, for the progress alone. */
function expectedMs(point: Point, quick: boolean): number {
  const seconds = (point.seconds ?? DEFAULT_SECONDS) * (quick ? QUICK_POINT_SHARE : 1);
  return (point.exactly === undefined ? seconds * 1000 : 0) + PROCESS_MS + (point.setUpMs ?? 0);
}

/**
 * Measures a topic and analyses it, in whole rounds (rounds.ts says how many). What the machine
 * refuses is in the report, with the reason.
 * @throws AbortError through `signal`.
 */
export async function runTopic(
  experiment: Experiment,
  options: TopicOptions,
): Promise<TopicReport> {
  const { scope, random, signal } = options;
  const mode = scope.quick ? "quick" : "full";
  const gathered = experiment.plan(scope).map((point) => new Gathered(point));
  const budgetMs = experiment.budgetSeconds * 1000 * (scope.quick ? QUICK_SHARE : 1);
  const roundMs = gathered.reduce((sum, { point }) => sum + expectedMs(point, scope.quick), 0);
  const expected = Math.max(
    Math.min(roundMs * MOST_ROUNDS[mode], budgetMs),
    roundMs * FEWEST_ROUNDS[mode],
  );
  const measuredAt = new Date().toISOString();
  const start = performance.now();
  const meter = new ProgressMeter(expected, options.onProgress, () => performance.now());
  const spent = (rounds: number): Spent => {
    const spentMs = performance.now() - start;
    return { mode, rounds, spentMs, roundMs, budgetMs, leftMs: options.mostMs - spentMs };
  };
  let rounds = 0;
  for (; beginsRound(spent(rounds)); rounds++) {
    for (const one of shuffled(gathered, random)) {
      if (one.missing !== null) continue;
      meter.begin(`${experiment.name}: ${one.point.series}`);
      await measurePoint(one, scope.quick, signal);
      meter.done(expectedMs(one.point, scope.quick));
    }
  }
  meter.end();
  const points = gathered.map((one) => one.report());
  const seconds = (performance.now() - start) / 1000;
  const { name, title, question } = experiment;
  const analysis = experiment.analyse(new Measured(points), scope);
  return { name, title, question, measuredAt, rounds, seconds, analysis, points };
}

async function measurePoint(one: Gathered, quick: boolean, signal?: AbortSignal): Promise<void> {
  try {
    const order = orderOf(one.point, quick);
    const { recorder } = one.point;
    one.add(
      recorder === undefined
        ? await measure(order, signal)
        : (await measureRecorded(recorder, order, signal)).samples,
    );
  } catch (error) {
    // What this machine refuses is a result; an abort or a mistake of ours is not. Ctrl-C on a
    // terminal reaches the process that measures as well, which then looks like a refusal.
    signal?.throwIfAborted();
    if (!(error instanceof CrossbillError)) throw error;
    one.missing = error.message;
  }
}
