/** rings: epoll against io_uring, for a server's connections and for a disk's queue. */
import {
  type Analysis,
  type BreakEven,
  type Chart,
  type FittedModel,
  type Interval,
  type LinearFit,
  predictCost,
} from "@crossbill/core";
import { intervalOver } from "../estimate.ts";
import type { Experiment } from "../experiment.ts";
import { countOf, type Measured, modelLine } from "../measured.ts";
import { duration, figure, interval } from "../text.ts";
import { BATCH_CLAIM, batchClaim, checksOf, diskClaim, workClaim } from "./rings-claims.ts";
import {
  cpuOf,
  diskFit,
  diskPrices,
  entryPrices,
  epollFit,
  epollPrices,
  modelOf,
  parametersOf,
  ringFit,
  ringPrices,
  type WaitPrices,
  waitPrice,
  waitPrices,
} from "./rings-model.ts";
import {
  disks,
  type Engine,
  entries,
  epoll,
  plan,
  poller,
  pread,
  ring,
  servers,
  single,
} from "./rings-points.ts";

function analyse(measured: Measured): Analysis {
  const waits = waitPrices(measured);
  const fits = { epoll: epollFit(measured, waits), ring: ringFit(measured, waits) };
  const disk = diskFit(measured);
  const checks = checksOf(measured);
  return {
    parameters: [
      ...parametersOf(waitPrice, waits.wait),
      ...parametersOf(epollPrices, fits.epoll),
      ...parametersOf(entryPrices, waits.entries),
      ...parametersOf(ringPrices, fits.ring),
      ...parametersOf(diskPrices, disk),
    ],
    models: modelsOf(measured, waits, fits, disk),
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

function modelsOf(
  measured: Measured,
  waits: WaitPrices,
  fits: { readonly epoll: LinearFit | null; readonly ring: LinearFit | null },
  disk: LinearFit | null,
): FittedModel[] {
  const of = ({ series }: Engine, formula: string, fit: LinearFit | null, at: string) =>
    modelOf(formula, fit, measured.series(series), at);
  return [
    ...of(entries, "k entries in a call: T = E + k x q", waits.entries, "entries"),
    ...of(epoll, "epoll: CPU = e x waits + W x sleeps + s", fits.epoll, "connections"),
    ...of(single, "io_uring: CPU = E x waits + W x sleeps + 2q + w", fits.ring, "connections"),
    ...of(ring, "disk: T(Q) = D / Q + c", disk, "reads in flight"),
  ];
}

function breakEven(measured: Measured): BreakEven {
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
  const few = from === 1 ? "connection" : "connections";
  const text = `on this machine the io_uring server takes less CPU time from ${from} ${few} on`;
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
  const note =
    `at ${polled.x} connections SQPOLL's own thread takes ${duration(burnt)} of CPU for each ` +
    "request: a core of its own, busy also when nothing comes";
  return [note, ...missing];
}

export const rings: Experiment = {
  name: "rings",
  title: "Rings against readiness",
  question:
    "What does a shared ring save over asking which descriptor is ready and then serving it?",
  claim: BATCH_CLAIM,
  background: [
    "With epoll a server asks which connections are ready (one call for all of them), then reads " +
      "and writes each (two calls for each request). With io_uring it writes requests into memory " +
      "that it shares with the kernel, and one call hands over all that have gathered and waits for " +
      "what has completed. So the calls of a request shrink with the batch: 2 + 1/k with epoll, " +
      "about 1/k with a ring.",
    "What does not shrink is the work that the calls were made for: the network stack handles " +
      "each message just the same. The model is CPU = E x waits + W x sleeps + w for each request, " +
      "with waits and sleeps counted, not assumed: how many requests one wait finds, and whether it " +
      "must sleep for them, depends on how fast they come. What a wait costs that finds something " +
      "is measured alone (epoll_wait with one descriptor ready, entries that do nothing). Costs are " +
      "those of the least disturbed rounds.",
    "The kernel's own polling thread (SQPOLL) removes the remaining calls and takes a core " +
      "instead; its time is charged to the request here. Multishot requests stay in place for all " +
      "messages of a connection and let the kernel pick the buffer.",
    "On a disk the same ring keeps many reads in flight. That gain is the queue's: the device " +
      "works on many at once (T = D / Q until it is busy), and the older libaio has it too. The lab " +
      "shows it apart from the gain of fewer calls.",
  ],
  budgetSeconds: 45,
  plan,
  analyse,
};
