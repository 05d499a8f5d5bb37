/** rings: epoll against io_uring, for a server's connections and for a disk's queue. */
import {
  type Analysis,
  type Chart,
  type FitPoint,
  type FittedModel,
  type FittedParameter,
  fitLinear,
  type Interval,
  type JudgedClaim,
  type LabCheck,
  type LabPoint,
  type LinearFit,
  median,
  predictCost,
} from "@crossbill/core";
import { intervalOver } from "../estimate.ts";
import type { Experiment, Point, Scope } from "../experiment.ts";
import { countOf, type Measured, modelLine, orderCheck } from "../measured.ts";
import { duration, figure, interval, share } from "../text.ts";
import { decide, judge } from "../verdict.ts";

const BATCH_CLAIM =
  "Batching through a shared ring reduces the system-call cost of an operation to nearly zero.";
const WORK_CLAIM = "A server on a ring does its work for less CPU time than one on epoll.";
const DISK_CLAIM = "On a disk, too, it is the fewer calls that pay.";
/** "Nearly zero": what an operation's calls cost is below this share of all it costs. */
const NEARLY_ZERO = 0.05;
/** A difference between two noisy servers is not decided on fewer rounds. */
const FEWEST_ROUNDS = 3;
/** Above this the model does not describe what was measured. */
const TOLERATED_ERROR = 0.1;

interface Engine {
  readonly series: string;
  readonly mechanism: string;
  readonly parameters: Readonly<Record<string, string | number>>;
}

const epoll: Engine = { series: "epoll", mechanism: "echo-epoll", parameters: {} };
const single: Engine = { series: "io_uring", mechanism: "echo-uring", parameters: {} };
const multishot: Engine = {
  series: "io_uring multishot",
  mechanism: "echo-uring",
  parameters: { receive: "multishot" },
};
const poller: Engine = {
  series: "io_uring SQPOLL",
  mechanism: "echo-uring",
  parameters: { poller: 1 },
};
const servers = [epoll, single, multishot, poller];

const way = (series: string, name: string): Engine => ({
  series,
  mechanism: "storage-uring",
  parameters: { way: name },
});
const pread: Engine = { series: "disk: pread", mechanism: "storage-pread", parameters: {} };
const aio: Engine = { series: "disk: libaio", mechanism: "storage-aio", parameters: {} };
const ring = way("disk: io_uring", "plain");
const disks = [
  aio,
  ring,
  way("disk: io_uring registered", "fixed"),
  way("disk: io_uring SQPOLL", "poller"),
  way("disk: io_uring io_poll", "polled"),
];

/** Connections and queue depths; the second of a pair tells whether the model is kept from it. */
const full: readonly (readonly [number, boolean])[] = [
  [1, false],
  [2, true],
  [4, false],
  [8, true],
  [16, false],
  [32, false],
  [64, true],
  [128, false],
  [256, false],
];
const quick: typeof full = [
  [1, false],
  [8, true],
  [32, false],
  [256, false],
];

/** At least a few whole batches a block, and enough requests to see the usual batch. */
function sized(x: number, blocks: number, fewest: number): NonNullable<Point["exactly"]> {
  const blockCalls = Math.max(fewest, 8 * x);
  return { calls: blocks * blockCalls, blockCalls };
}

function plan({ quick: isQuick, folder }: Scope): Point[] {
  const steps = isQuick ? quick : full;
  const blocks = isQuick ? 3 : 5;
  const points = servers.flatMap(({ series, mechanism, parameters }) =>
    steps.map(([x, heldOut]): Point => {
      const given = { ...parameters, connections: x };
      const exactly = sized(x, blocks, 256);
      const role = heldOut ? "held-out" : "fit";
      return { series, x, mechanism, parameters: given, role, exactly, estimator: "median" };
    }),
  );
  const reads = [...disks, pread].flatMap(({ series, mechanism, parameters }) =>
    steps
      .filter(([x]) => series !== pread.series || x === 1)
      .map(([x, heldOut]): Point => {
        const given = { ...parameters, depth: x, folder };
        const exactly = sized(x, 3, 128);
        const role = heldOut ? "held-out" : "fit";
        return { series, x, mechanism, parameters: given, role, exactly, estimator: "median" };
      }),
  );
  const call: Point = {
    ...{ series: "null system call", x: 1, mechanism: "getppid" },
    ...{ parameters: {}, role: "shown" },
  };
  return [...points, ...reads, call];
}

/** CPU ns an operation, the kernel's own thread included. */
function cpuOf(point: LabPoint): Interval {
  const polled = point.counts["pollerNs"] ?? 0;
  const own = intervalOver(point.cpuValues) ?? { low: 0, likely: 0, high: 0 };
  return { low: own.low + polled, likely: own.likely + polled, high: own.high + polled };
}

/** Server models: CPU = E x waits + W x sleeps + w; waits and sleeps of a request are counted. */
function serverFit(measured: Measured, { series }: Engine): LinearFit | null {
  const points = measured.series(series).map(
    (point): FitPoint => ({
      values: point.cpuValues,
      amounts: [countOf(point, "waits"), countOf(point, "sleeps"), 1],
      heldOut: point.role === "held-out",
    }),
  );
  return fitOf(points);
}

/** Disk model: a read takes D / Q, and at least what the queue costs. */
function diskFit(measured: Measured): LinearFit | null {
  return fitOf(measured.fitPoints(ring.series, ({ x }) => [1 / x, 1]));
}

function fitOf(points: readonly FitPoint[]): LinearFit | null {
  const fitted = points.filter(({ heldOut, values }) => !heldOut && median(values) > 0);
  return fitted.length < (points[0]?.amounts.length ?? 1) ? null : fitLinear(points);
}

function modelOf(formula: string, fit: LinearFit | null, regime: string): FittedModel[] {
  if (fit === null) return [];
  const { fitError, heldOutError } = fit;
  const wrong = Math.max(fitError, heldOutError ?? 0) > TOLERATED_ERROR;
  return [{ formula, fitError, heldOutError, broken: wrong ? regime : null }];
}

function parametersOf(symbols: readonly (readonly [string, string])[], fit: LinearFit | null) {
  return symbols.flatMap(([symbol, meaning], at): FittedParameter[] => {
    const value = fit?.prices[at];
    return value === undefined ? [] : [{ symbol, meaning, unit: "ns", value }];
  });
}

function analyse(measured: Measured): Analysis {
  const fits = { epoll: serverFit(measured, epoll), ring: serverFit(measured, single) };
  const disk = diskFit(measured);
  const checks = checksOf(measured);
  const uneven = "requests that arrive while others are served: how many a wait finds varies";
  return {
    parameters: [
      ...parametersOf(epollPrices, fits.epoll),
      ...parametersOf(ringPrices, fits.ring),
      ...parametersOf(diskPrices, disk),
    ],
    models: [
      ...modelOf("epoll: CPU = e x waits + W x sleeps + s", fits.epoll, uneven),
      ...modelOf("io_uring: CPU = E x waits + W x sleeps + 2q", fits.ring, uneven),
      ...modelOf("disk: T(Q) = D / Q + c", disk, "depths at which the disk is busy already"),
    ],
    breakEvens: [breakEven(measured)],
    claims: [
      batchClaim(measured, checks),
      workClaim(measured, checks),
      diskClaim(measured, checks),
    ],
    checks,
    table: tableOf(measured),
    charts: [serverChart(measured), callsChart(measured), diskChart(measured, disk)],
    notes: notesOf(measured),
  };
}

const epollPrices = [
  ["e", "one epoll_wait that finds something"],
  ["W epoll", "falling asleep in it and being woken"],
  ["s", "read, write and the network's own work for a request, epoll"],
] as const;
const ringPrices = [
  ["E", "one io_uring_enter that finds something"],
  ["W io_uring", "falling asleep in it and being woken"],
  ["2q", "two ring entries and the network's own work for a request"],
] as const;
const diskPrices = [
  ["D", "time of one read alone, on this disk"],
  ["c", "time of a read in a queue that is full"],
] as const;

function checksOf(measured: Measured): LabCheck[] {
  const wait = measured.point(epoll.series, 1);
  const calls = wait === undefined ? null : countOf(wait, "calls");
  return [
    ...(calls === null
      ? []
      : [{ check: "epoll makes 3 calls for a lone request", holds: calls === 3 }]),
    ...orderCheck(
      "null system call < a request over TCP",
      measured.cost("null system call"),
      measured.cost(epoll.series, 1),
    ),
    ...orderCheck(
      "null system call < a read of the disk",
      measured.cost("null system call"),
      measured.cost(pread.series),
    ),
    ...measured.linearity(),
  ];
}

/** The largest x at which both series were measured. */
function last(measured: Measured, a: Engine, b: Engine): readonly [LabPoint, LabPoint] | null {
  const pairs = measured.series(a.series).flatMap((one) => {
    const other = measured.point(b.series, one.x);
    return other === undefined ? [] : [[one, other] as const];
  });
  return pairs.at(-1) ?? null;
}

/** The ring with the fewest calls stands for the claim. */
function batchClaim(measured: Measured, checks: readonly LabCheck[]): JudgedClaim {
  const pair = last(measured, multishot, epoll) ?? last(measured, single, epoll);
  const call = measured.cost("null system call");
  if (pair === null || call === null) {
    return judge(BATCH_CLAIM, checks, decide(null, missingWhy(measured, single)));
  }
  const [ringPoint, epollPoint] = pair;
  const cost = (point: LabPoint): number =>
    (countOf(point, "calls") * call.likely) / cpuOf(point).likely;
  const why =
    `at ${ringPoint.x} connections a request takes ${figure(countOf(ringPoint, "calls"))} calls, ` +
    `${share(cost(ringPoint))} of its CPU time; with epoll ${figure(countOf(epollPoint, "calls"))} calls, ` +
    share(cost(epollPoint));
  return judge(BATCH_CLAIM, checks, decide(cost(ringPoint) < NEARLY_ZERO, why));
}

function missingWhy(measured: Measured, engine: Engine): string {
  return measured.missing(engine.series) ?? measured.missing(epoll.series) ?? "no common points";
}

/** Judged where batching can work: at the most connections measured, the poller's CPU included. */
function workClaim(measured: Measured, checks: readonly LabCheck[]): JudgedClaim {
  const pair = last(measured, single, epoll);
  if (pair === null) return judge(WORK_CLAIM, checks, decide(null, missingWhy(measured, single)));
  const [ringCpu, epollCpu] = [cpuOf(pair[0]), cpuOf(pair[1])];
  const saved = 1 - ringCpu.likely / epollCpu.likely;
  const rounds = Math.min(...pair.map(({ cpuValues }) => cpuValues.length));
  const apart = ringCpu.high < epollCpu.low || epollCpu.high < ringCpu.low;
  const why =
    `at ${pair[0].x} connections a request takes ${duration(ringCpu.likely)} of CPU on a ring, ` +
    `${duration(epollCpu.likely)} with epoll: ${share(Math.abs(saved))} ${saved > 0 ? "less" : "more"}`;
  return judge(
    WORK_CLAIM,
    checks,
    decide(apart && rounds >= FEWEST_ROUNDS ? saved > 0 : null, why),
  );
}

/** libaio at the ring's depth makes as few calls: what remains between the two is the ring's. */
function diskClaim(measured: Measured, checks: readonly LabCheck[]): JudgedClaim {
  const alone = measured.point(ring.series, 1);
  const lone = measured.point(pread.series, 1);
  const deep = measured.series(ring.series).at(-1);
  if (alone === undefined || lone === undefined || deep === undefined || deep.x === 1) {
    return judge(DISK_CLAIM, checks, decide(null, missingWhy(measured, ring)));
  }
  const [ns, waited] = [median(deep.values), median(alone.values)];
  const fewer = countOf(lone, "calls") - countOf(deep, "calls");
  const call = measured.cost("null system call")?.likely ?? 0;
  const byCalls = (fewer * call) / Math.max(1, waited - ns);
  const why =
    `a queue of ${deep.x} takes a read from ${duration(waited)} to ${duration(ns)}; the ` +
    `${figure(fewer)} calls it spares are ${share(byCalls)} of that, the rest is the disk at work on many`;
  return judge(DISK_CLAIM, checks, decide(waited > ns ? byCalls > 0.5 : null, why));
}

function breakEven(measured: Measured) {
  const pairs = measured.series(single.series).flatMap((one) => {
    const other = measured.point(epoll.series, one.x);
    return other === undefined ? [] : [{ x: one.x, wins: cpuOf(one).likely < cpuOf(other).likely }];
  });
  const lost = pairs.findLastIndex(({ wins }) => !wins);
  const from = pairs[lost + 1]?.x;
  if (pairs.length === 0) {
    return { text: "io_uring against epoll was not measured", at: null, unit: "connections" };
  }
  if (from === undefined) {
    const text = "on this machine the epoll server takes less CPU time up to the most connections";
    return { text, at: null, unit: "connections" };
  }
  const text = `on this machine the io_uring server takes less CPU time from ${from} connection${from === 1 ? "" : "s"} on`;
  return { text, at: { low: from, likely: from, high: from }, unit: "connections" };
}

function tableOf(measured: Measured): Analysis["table"] {
  const shown = [...servers, pread, ...disks].flatMap(({ series }) => {
    const all = measured.series(series);
    return [...new Set([all[0], all.at(-1)])].filter((one) => one !== undefined);
  });
  return {
    columns: ["what", "at once", "calls each", "CPU each, us", "time each, us"],
    rows: shown.map((point) => [
      point.series,
      `${point.x}`,
      figure(countOf(point, "calls")),
      interval(inMicroseconds(cpuOf(point))),
      interval(inMicroseconds(intervalOver(point.values) ?? cpuOf(point))),
    ]),
  };
}

function inMicroseconds({ low, likely, high }: Interval): Interval {
  return { low: low / 1000, likely: likely / 1000, high: high / 1000 };
}

type Series = Chart["series"][number];

function cpuLine(measured: Measured, { series }: Engine): Series {
  const points = measured.series(series).map((point) => {
    const { low, likely, high } = cpuOf(point);
    return { x: point.x, y: likely, low, high, heldOut: point.role === "held-out" };
  });
  return { name: series, kind: "measured", points };
}

function serverChart(measured: Measured): Chart {
  return {
    title: "CPU time of a request",
    x: { label: "connections", unit: "", log: true },
    y: { label: "CPU a request", unit: "ns", log: true },
    series: servers.map((engine) => cpuLine(measured, engine)),
    marks: [],
  };
}

function callsChart(measured: Measured): Chart {
  return {
    title: "System calls of a request, counted",
    x: { label: "connections", unit: "", log: true },
    y: { label: "calls a request", unit: "", log: true },
    series: servers.map(({ series }) =>
      measured.line(series, (_, point) => countOf(point, "calls")),
    ),
    marks: [],
  };
}

function diskChart(measured: Measured, fit: LinearFit | null): Chart {
  const prices = fit?.prices.map(({ likely }) => likely);
  const xs = measured.series(ring.series).map(({ x }) => x);
  const model =
    prices === undefined
      ? []
      : [modelLine("D / Q + c", xs, (x) => predictCost(prices, [1 / x, 1]))];
  return {
    title: "Time of a read of 4 KiB past the page cache",
    x: { label: "reads in flight", unit: "", log: true },
    y: { label: "time a read", unit: "ns", log: true },
    series: [...disks, pread].map(({ series }) => measured.line(series)).concat(model),
    marks: [],
  };
}

function notesOf(measured: Measured): string[] {
  const missing = [...servers, pread, ...disks].flatMap(({ series }) => {
    const why = measured.missing(series);
    return why === null ? [] : [`${series}: ${why}`];
  });
  const polled = measured.series(poller.series).at(-1);
  if (polled === undefined) return missing;
  const burnt = polled.counts["pollerNs"] ?? 0;
  const note = `at ${polled.x} connections SQPOLL's own thread takes ${duration(burnt)} of CPU for each request: a core of its own, busy also when nothing comes`;
  return [note, ...missing];
}

export const rings: Experiment = {
  name: "rings",
  title: "Rings against readiness",
  question:
    "What does a shared ring save over asking which descriptor is ready and then serving it?",
  claim: BATCH_CLAIM,
  background: [
    "With epoll a server asks which connections are ready (one call for all of them), then reads and writes each (two calls for each request). With io_uring it writes requests into memory that it shares with the kernel, and one call hands over all that have gathered and waits for what has completed. So the calls of a request shrink with the batch: 2 + 1/k with epoll, about 1/k with a ring.",
    "What does not shrink is the work that the calls were made for: the network stack handles each message just the same. The model is CPU = E x waits + W x sleeps + w for each request, with waits and sleeps counted, not assumed: how many requests one wait finds, and whether it must sleep for them, depends on how fast they come.",
    "The kernel's own polling thread (SQPOLL) removes the remaining calls and takes a core instead; its time is charged to the request here. Multishot requests stay in place for all messages of a connection and let the kernel pick the buffer.",
    "On a disk the same ring keeps many reads in flight. That gain is the queue's: the device works on many at once (T = D / Q until it is busy), and the older libaio has it too. The lab shows it apart from the gain of fewer calls.",
  ],
  budgetSeconds: 45,
  plan,
  analyse,
};
