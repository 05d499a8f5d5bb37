/** ipc: messages between two processes, through the kernel or through memory that both map. */
import type { Analysis, Chart, FittedModel, FittedParameter, Interval } from "@crossbill/core";
import { intervalOver } from "../estimate.ts";
import type { Experiment } from "../experiment.ts";
import { type Measured, modelLine } from "../measured.ts";
import { differences, through } from "../paired.ts";
import { bytes, duration, figure } from "../text.ts";
import { breakEvensOf, CLAIM, checksOf, claimsOf } from "./ipc-claims.ts";
import {
  bothSidesCpu,
  bytePrice,
  type FittedWay,
  fitAll,
  modelsOf,
  predictWay,
} from "./ipc-model.ts";
import {
  ALONE,
  FUTEX,
  ipcPoints,
  oneWayOf,
  PIPE,
  type Placement,
  placements,
  SMALL,
  SPIN,
  STARVED,
  STREAM,
  seriesOf,
  ways,
} from "./ipc-points.ts";
import { leaveOutDisturbed, type Undisturbed } from "./ipc-undisturbed.ts";

const KIB = 1024;
/** Where a byte's price is shown: what pipes and sockets hold at least. */
const SHOWN = 64 * KIB;
const ONE_WAY_SHOWN = 64;
/** Rounds that differ so much did not run on the same pair of cores, or not at the same distance. */
const FAR_APART = 2;
/** Whose models are drawn; more lines would hide the points. */
const drawnModels = [STREAM, FUTEX, SPIN];

function parametersOf(measured: Measured, fits: readonly FittedWay[]): FittedParameter[] {
  const of = (symbol: string, meaning: string, unit: string, value: Interval | null | undefined) =>
    value ? [{ symbol, meaning, unit, value }] : [];
  const pipe = ways.find(({ name }) => name === PIPE);
  const woken = placements.flatMap(({ name }) => {
    const whole = pipe && measured.point(seriesOf(pipe, name), SMALL);
    const values = differences(whole, [measured.point(ALONE)]);
    const meaning = `waking who waits, ${name} (pipe)`;
    return of(`W(${name})`, meaning, "ns", intervalOver(values));
  });
  return [
    ...of("2s", "the two calls of a message", "ns", measured.cost(ALONE)),
    ...woken,
    ...fits.flatMap(({ way, placement, fit }) => {
      const series = seriesOf(way, placement);
      return of(`σ(${series})`, "a message, before its bytes", "ns", fit.prices[0]);
    }),
    ...fits.flatMap((one) => {
      const price = bytePrice(one, SHOWN);
      const series = seriesOf(one.way, one.placement);
      const value = price && through(price, (ns) => ns * KIB);
      return of(`b(${series})`, `its bytes, at ${bytes(SHOWN)}`, "ns/KiB", value);
    }),
  ];
}

function tableOf(measured: Measured): Analysis["table"] {
  const cost = (series: string, x: number) => {
    const found = measured.cost(series, x);
    return found === null ? "" : duration(found.likely);
  };
  return {
    columns: ["way", "1 CPU, 1 B", "64 KiB", "2 CPUs, 1 B", "64 KiB", "CPU time", "one way"],
    rows: ways.map((way) => {
      const [two, one] = [seriesOf(way, "two CPUs"), seriesOf(way, "one CPU")];
      const cpu = bothSidesCpu(measured, two, SMALL);
      return [
        way.name,
        cost(one, SMALL),
        cost(one, SHOWN),
        cost(two, SMALL),
        cost(two, SHOWN),
        cpu === null ? "" : duration(cpu),
        cost(oneWayOf(way), ONE_WAY_SHOWN),
      ];
    }),
  };
}

function timeChart(measured: Measured, fits: readonly FittedWay[], placement: Placement): Chart {
  const series = ways.map((way) => measured.line(seriesOf(way, placement)));
  const models = fits
    .filter((one) => one.placement === placement && drawnModels.includes(one.way.name))
    .map((one) => {
      const xs = measured.series(seriesOf(one.way, placement)).map(({ x }) => x);
      return modelLine(`model: ${one.way.name}`, xs, (x) => predictWay(one, x));
    });
  return {
    title: `A message and its answer, half of both: ${placement}`,
    x: { label: "bytes a message", unit: "B", log: true },
    y: { label: "time a message", unit: "ns", log: true },
    series: [...series, ...models],
    marks: [],
  };
}

function cpuChart(measured: Measured): Chart {
  const series = ways.map((way) => {
    const name = seriesOf(way, "two CPUs");
    return measured.line(name, (ns, { x }) => bothSidesCpu(measured, name, x) ?? ns);
  });
  return {
    title: "CPU time of both sides, two CPUs",
    x: { label: "bytes a message", unit: "B", log: true },
    y: { label: "CPU time a message", unit: "ns", log: true },
    series,
    marks: [],
  };
}

function drawn(chart: Chart): Chart[] {
  const series = chart.series.filter(({ points }) => points.length > 0);
  return series.some(({ kind }) => kind === "measured") ? [{ ...chart, series }] : [];
}

/** A host may run the two CPUs of its guest now beside each other, now far apart. */
function distanceNote(measured: Measured): string[] {
  const found = ways.flatMap((way) =>
    way.spinsForEver === true
      ? (measured.point(seriesOf(way, "two CPUs"), SMALL)?.values ?? [])
      : [],
  );
  const [near, far] = [Math.min(...found), Math.max(...found)];
  if (found.length === 0 || far < near * FAR_APART) return [];
  const times = `${duration(near)} to ${duration(far)}`;
  return [`the two CPUs were not always equally near: a ring that spins took ${times} a message`];
}

/** The regime that most often breaks the model of two CPUs. */
function withDistance(model: FittedModel, distance: readonly string[]): FittedModel {
  const isAbout = distance.length > 0 && model.formula.endsWith("two CPUs");
  if (model.broken === null || !isAbout) return model;
  return { ...model, broken: `${model.broken}; and the two CPUs were not always equally near` };
}

function notesOf({ measured, left, of }: Undisturbed): string[] {
  const absent = placements.flatMap(({ name }) =>
    ways.flatMap((way) => {
      const series = seriesOf(way, name);
      const isPlanned = measured.points.some((one) => one.series === series);
      const why = isPlanned && series !== STARVED ? measured.missing(series) : null;
      return why === null ? [] : [`${series}: ${why}`];
    }),
  );
  const starved = measured.cost(STARVED);
  const slice =
    starved === null
      ? []
      : [
          `${STARVED}: ${duration(starved.likely)} a message, until the scheduler takes the CPU away`,
        ];
  const sleeping = ways.flatMap((way) => {
    const calls = measured.point(oneWayOf(way), ONE_WAY_SHOWN)?.counts["calls"];
    const isSleeping = way.kind === "ring" && way.spinsForEver !== true;
    return calls === undefined || !isSleeping ? [] : [`${way.name} ${figure(calls)}`];
  });
  const calls =
    sleeping.length === 0
      ? []
      : [`calls a message one way, where 16 may wait in the ring: ${sleeping.join("; ")}`];
  const taken =
    left === 0 ? [] : [`left out, because another program had the CPU: ${left} of ${of} values`];
  return [...absent, ...slice, ...calls, ...taken, ...distanceNote(measured)];
}

function analyse(all: Measured): Analysis {
  const kept = leaveOutDisturbed(all);
  const { measured } = kept;
  const fits = fitAll(measured);
  const checks = checksOf(measured);
  const distance = distanceNote(measured);
  const charts = [
    ...placements.map(({ name }) => timeChart(measured, fits, name)),
    cpuChart(measured),
  ];
  return {
    parameters: parametersOf(measured, fits),
    models: modelsOf(fits).map((model) => withDistance(model, distance)),
    breakEvens: breakEvensOf(measured),
    claims: claimsOf(measured, checks),
    checks,
    table: tableOf(measured),
    charts: charts.flatMap(drawn),
    notes: notesOf(kept),
  };
}

export const ipc: Experiment = {
  name: "ipc",
  title: "Sockets against shared memory",
  question:
    "What does a message between two processes cost, by its way, its size and how they wait?",
  claim: CLAIM,
  background: [
    "Through a pipe or a socket a message is copied twice: the sender's call copies it " +
      "into the kernel, the receiver's call copies it out. Through memory that both " +
      "processes map it is copied once, and read where it lies. What remains is to tell the " +
      "other side that there is something to read, and that is where the ways differ: T(m) = " +
      "σ + m b(m) for a message of m bytes, with σ for the synchronisation.",
    "A receiver that has nothing to do either sleeps or looks again and again. If it " +
      "sleeps, somebody must wake it: the kernel puts it on a run queue, and its CPU, which " +
      "may be idle and in a guest even be given back to the host, must take it up. That is " +
      "the same work for a pipe, a socket, a futex or an eventfd, and mostly far more than " +
      "the calls themselves. If it looks, a message arrives as soon as its cache line does, " +
      "and a CPU is busy all the time, whether messages come or not. Spinning for about as " +
      "long as a wake-up takes and sleeping then costs at most twice the better of both " +
      "(Karlin et al., 1988).",
    "So whether sockets win for small messages is no property of sockets. The lab measures " +
      "rings in shared memory with four ways to wait, and says for each from which size on " +
      "it beats a Unix stream socket. On one CPU nothing is gained by looking: who looks " +
      "keeps the other side from running.",
    "Both processes are pinned, the receiver reads every word of every message, and sums " +
      "are compared, so that all ways do the same work. The times are half of a round trip. " +
      "CPU time is that of both sides: a spinner's counts.",
    "What a byte costs depends on the size: small messages stay in the sender's cache, " +
      "larger ones pass through the buffers of the kernel in pieces, so that both CPUs may " +
      "copy at the same time, which a ring of one slot cannot. In a guest the two CPUs may " +
      "also lie far apart, and then the way of cache lines between them is the price of a " +
      "byte, whoever copies it.",
  ],
  budgetSeconds: 55,
  plan: ipcPoints,
  analyse,
};
