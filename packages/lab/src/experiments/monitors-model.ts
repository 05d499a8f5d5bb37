/** monitors-model: T' = T + n o, fitted over all monitors at once, and tried on real programs. */
import {
  type FitPoint,
  type FittedModel,
  fitLinear,
  type Interval,
  type LabPoint,
  type LinearFit,
  median,
} from "@crossbill/core";
import { countOf, type Measured } from "../measured.ts";
import { share } from "../text.ts";
import {
  type Monitor,
  monitorKinds,
  NOTHING,
  PTRACE,
  programSeries,
  programs,
} from "./monitors-points.ts";

/** Above this share of error a model says where it fails. */
const BROKEN = 0.1;

export interface CallModel {
  /** The computing of a round, ns. */
  readonly work: Interval | null;
  /** A call that nothing watches, ns. */
  readonly call: Interval | null;
  /** What each monitor adds to a call, ns, by its name. */
  readonly added: ReadonlyMap<string, Interval>;
  readonly model: FittedModel | null;
}

const nothingKnown: CallModel = { work: null, call: null, added: new Map(), model: null };

/** All points of one fit: a column for the computing, one for the call, one for each monitor. */
function pointsOf(measured: Measured, present: readonly Monitor[]): FitPoint[] {
  const of = (series: string, own: number | null): FitPoint[] =>
    measured.fitPoints(series, ({ x }) => [1, x, ...present.map((_, at) => (at === own ? x : 0))]);
  return [...of(NOTHING, null), ...present.flatMap(({ name }, at) => of(name, at))];
}

/** Which points are far off, most so first. */
function brokenWhere(fit: LinearFit, labels: readonly string[]): string | null {
  const worst = fit.residuals
    .map((residual, at) => ({ residual, label: labels[at] ?? "" }))
    .filter(({ residual }) => Math.abs(residual) > BROKEN)
    .toSorted((a, b) => Math.abs(b.residual) - Math.abs(a.residual));
  const [first] = worst;
  if (first === undefined) return null;
  return `${worst.length} of ${labels.length} points, worst ${first.label} (${share(first.residual)})`;
}

function broken(fit: LinearFit, labels: readonly string[]): string | null {
  const isOff = fit.fitError > BROKEN || (fit.heldOutError ?? 0) > BROKEN;
  return isOff ? brokenWhere(fit, labels) : null;
}

export function fitCalls(measured: Measured): CallModel {
  const isFitted = ({ role }: LabPoint): boolean => role === "fit";
  if (!measured.series(NOTHING).some((one) => isFitted(one) && one.x > 0)) return nothingKnown;
  // One that was measured nowhere would be a price of nothing.
  const present = monitorKinds.filter(({ name }) => measured.series(name).some(isFitted));
  const points = pointsOf(measured, present);
  if (points.filter(({ heldOut }) => !heldOut).length < present.length + 2) return nothingKnown;
  const fit = fitLinear(points);
  const labels = [NOTHING, ...present.map(({ name }) => name)].flatMap((name) =>
    measured.series(name).map(({ x }) => `${name} at ${x} calls`),
  );
  const [work, call, ...added] = fit.prices;
  return {
    work: work ?? null,
    call: call ?? null,
    added: new Map(
      present.flatMap(({ name }, at) => {
        const price = added[at];
        return price === undefined ? [] : [[name, price] as const];
      }),
    ),
    model: {
      formula: "T'(k) = w + k (s + o)",
      fitError: known(fit.fitError),
      heldOutError: fit.heldOutError,
      broken: broken(fit, labels),
    },
  };
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** One program under one monitor. */
export interface ProgramRun {
  readonly program: string;
  readonly monitor: string;
  /** How often longer than under nothing. */
  readonly times: number;
  /** The same by T + n o; null where o or n is not known. */
  readonly predictedTimes: number | null;
}

/** Calls of one run as the monitor counted them, else as ptrace did, which sees every one. */
function callsOf(measured: Measured, program: string, monitor: string): number {
  const own = countOf(measured.point(programSeries(program, monitor)), "seen");
  return own > 0 ? own : countOf(measured.point(programSeries(program, PTRACE)), "seen");
}

/**
 * The quickest run of all rounds, ns; NaN without any. A program outlasts what a busy machine gives at
 * a time, so that most of its runs are disturbed, and disturbance only adds.
 */
function quickest(measured: Measured, series: string): number {
  return Math.min(...(measured.point(series)?.values ?? [Number.NaN]));
}

export function programRuns(measured: Measured, calls: CallModel): ProgramRun[] {
  return programs.flatMap((program) => {
    const alone = quickest(measured, programSeries(program, NOTHING));
    return monitorKinds.flatMap(({ name: monitor }): ProgramRun[] => {
      const watched = quickest(measured, programSeries(program, monitor));
      if (!(alone > 0) || !(watched > 0)) return [];
      const added = calls.added.get(monitor)?.likely ?? Number.NaN;
      const predicted = 1 + (callsOf(measured, program, monitor) * added) / alone;
      return [{ program, monitor, times: watched / alone, predictedTimes: known(predicted) }];
    });
  });
}

/** Calls and calls a second of a program that nothing watches; null when it was not counted. */
export function programRate(
  measured: Measured,
  program: string,
): { calls: number; perSecond: number } | null {
  const calls = callsOf(measured, program, PTRACE);
  const alone = quickest(measured, programSeries(program, NOTHING));
  return calls > 0 && alone > 0 ? { calls, perSecond: (calls * 1e9) / alone } : null;
}

/** A monitor that adds less to a program's time should leave it as it is. */
const NEXT_TO_NOTHING = 1.1;

interface ProgramError {
  readonly predictedTimes: number;
  readonly error: number;
}

function typical(errors: readonly ProgramError[]): number {
  return median(errors.map(({ error }) => Math.abs(error)));
}

/** Which program is off, and whether its calls are to blame or its own time. */
function brokenProgram(errors: ReadonlyMap<string, readonly ProgramError[]>): string | null {
  const [worst] = [...errors]
    .map(([program, all]) => ({ program, all, off: typical(all) }))
    .toSorted((a, b) => b.off - a.off);
  if (worst === undefined) return null;
  const what = `${worst.program}, off by ${share(worst.off)}`;
  // All monitors share the time of the bare program: when that is wrong, these are off too.
  if (typical(worst.all.filter((one) => one.predictedTimes < NEXT_TO_NOTHING)) > BROKEN) {
    return `${what}: its time alone was disturbed, as monitors that add next to nothing are off too`;
  }
  const dear = worst.all.filter((one) => one.predictedTimes >= NEXT_TO_NOTHING);
  const side = median(dear.map(({ error }) => error)) > 0 ? "less" : "more";
  return `${what}: its calls cost ${side} to watch than getppid`;
}

/** The model of calls, tried on programs it was not fitted to. */
export function programModel(runs: readonly ProgramRun[]): FittedModel | null {
  const errors = new Map<string, ProgramError[]>();
  for (const { program, times, predictedTimes } of runs) {
    if (predictedTimes === null) continue;
    const one = { predictedTimes, error: predictedTimes / times - 1 };
    errors.set(program, [...(errors.get(program) ?? []), one]);
  }
  const heldOutError = typical([...errors.values()].flat());
  if (Number.isNaN(heldOutError)) return null;
  const far = heldOutError > BROKEN ? brokenProgram(errors) : null;
  return { formula: "T'(program) = T + n o", fitError: null, heldOutError, broken: far };
}
