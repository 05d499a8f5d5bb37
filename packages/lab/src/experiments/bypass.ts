/** bypass: what going past the kernel costs to set up, what it saves, and what is left of the kernel. */
import type { Analysis, Chart, LabPoint } from "@crossbill/core";
import { median, predictCost } from "@crossbill/core";
import type { Experiment } from "../experiment.ts";
import { countOf, type Measured, modelLine } from "../measured.ts";
import { duration, figure } from "../text.ts";
import {
  breakEvensOf,
  CLAIM,
  checksOf,
  claimsOf,
  involvementOf,
  several,
} from "./bypass-claims.ts";
import {
  type Fits,
  fitsOf,
  messageOf,
  modelsOf,
  parametersOf,
  type Repaid,
  repaid,
} from "./bypass-model.ts";
import {
  asleep,
  BATCH,
  batched,
  countedOf,
  mmap,
  type Path,
  paths,
  plan,
  rdma,
  registrations,
  ring,
  segments,
  setUpOf,
  spinning,
  talks,
  tearDownOf,
  udp,
  xdp,
  xdpTalk,
} from "./bypass-points.ts";

/** Messages that a chart of whole costs shows. */
const REACH = [1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7];

function analyse(measured: Measured): Analysis {
  const fits = fitsOf(measured);
  const checks = checksOf(measured);
  return {
    parameters: parametersOf(fits),
    models: modelsOf(fits),
    breakEvens: breakEvensOf(measured, fits),
    claims: claimsOf(measured, checks),
    checks,
    table: tableOf(measured),
    charts: [messageChart(measured, fits), wholeChart(measured), memoryChart(measured)].filter(
      ({ series }) => series.length > 0,
    ),
    notes: notesOf(measured),
  };
}

const NOTHING = "-";

function after(found: Repaid): string {
  if (found.state === "unknown") return NOTHING;
  return found.state === "never" ? "never" : figure(Math.ceil(found.messages.likely));
}

function tableOf(measured: Measured): Analysis["table"] {
  const shown = paths.filter((path) => messageOf(measured, path) !== undefined);
  return {
    columns: ["path", "set up", "a message", "calls", "trips", "repaid: UDP", "GSO"],
    rows: shown.map((path) => {
      const setUp = measured.cost(setUpOf(path));
      const { calls, trips } = involvementOf(measured, path);
      const against = (kernel: Path): string =>
        path.isKernel ? NOTHING : after(repaid(measured, path, kernel));
      return [
        path.title,
        setUp === null ? NOTHING : duration(setUp.likely),
        duration(median(messageOf(measured, path)?.values ?? [])),
        calls === null ? NOTHING : figure(calls),
        trips === null ? NOTHING : figure(trips),
        against(udp),
        against(segments),
      ];
    }),
  };
}

function messageChart(measured: Measured, fits: Fits): Chart {
  const lines = paths.map(({ title }) => measured.line(title));
  const models = fits.paths.map(({ path: { title }, fitted: { fit } }) => {
    const points = measured.series(title);
    const callsAt = new Map(points.map((point) => [point.x, countOf(point, "calls")]));
    const prices = fit.prices.map(({ likely }) => likely);
    return modelLine(
      `${title}: E x calls + m`,
      points.filter((point) => countOf(point, "calls") > 0).map(({ x }) => x),
      (x) => predictCost(prices, [callsAt.get(x) ?? 0, 1]),
    );
  });
  return {
    title: "One thread sends and takes a message of 64 bytes",
    x: { label: "messages at once", unit: "", log: true },
    y: { label: "time a message", unit: "ns", log: true },
    series: [...lines, ...models].filter(({ points }) => points.length > 0),
    marks: [],
  };
}

/** Set-up and all messages together: where two lines cross, the set-up is repaid. */
function wholeChart(measured: Measured): Chart {
  const series = [udp, batched, segments, mmap, xdp, ring].flatMap((path) => {
    const setUp = measured.cost(setUpOf(path));
    const message = messageOf(measured, path);
    if (setUp === null || message === undefined) return [];
    return [modelLine(path.title, REACH, (n) => setUp.likely + n * median(message.values))];
  });
  const found = repaid(measured, xdp, udp);
  const marks =
    found.state === "after" ? [{ x: found.messages.likely, label: "AF_XDP repaid: UDP" }] : [];
  return {
    title: `Set-up and messages, ${BATCH} at once where a path can`,
    x: { label: "messages", unit: "", log: true },
    y: { label: "whole time", unit: "ns", log: true },
    ...{ series, marks },
  };
}

function memoryChart(measured: Measured): Chart {
  return {
    title: "Making memory fit for others to reach",
    x: { label: "memory", unit: "MiB", log: true },
    y: { label: "time", unit: "ns", log: true },
    series: registrations
      .map(({ series }) => measured.line(series))
      .filter(({ points }) => points.length > 0),
    marks: [],
  };
}

/** CPU time of a message, both processes. */
function burnt(point: LabPoint): number {
  return median(point.cpuValues) + (point.counts["peerCpuNs"] ?? 0);
}

function pollingNotes(measured: Measured): string[] {
  const said = talks.flatMap(({ series }) => {
    const point = measured.point(series);
    if (point === undefined) return [];
    const calls = several(countOf(point, "calls"), "call");
    return [
      `${series}: ${duration(median(point.values))}, ${calls}, ${duration(burnt(point))} of CPU`,
    ];
  });
  if (said.length === 0) return [];
  const figures = `two processes, one message on its way (median, both sides): ${said.join("; ")}`;
  const both = [asleep, spinning, xdpTalk].every(({ series }) => measured.missing(series) === null);
  return both
    ? [
        figures,
        "who spins keeps a CPU busy also while nothing comes: that is the price of not sleeping",
      ]
    : [figures];
}

/** RDMA is named by its device, or by what is missing. */
function rdmaNotes(measured: Measured): string[] {
  const why = measured.missing(rdma.series);
  if (why !== null) return [`RDMA: ${why}; no figure of RDMA is shown without a device`];
  const device = measured.point(rdma.series)?.parameters["device"];
  return [
    `RDMA: registration was measured on ${device ?? "the first device that is hardware"}; what a ` +
      `message costs there is not`,
  ];
}

/** Each reason once, after all that it keeps from being measured. */
function refusals(measured: Measured, all: readonly string[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const series of all) {
    const why = measured.missing(series);
    if (why !== null) byReason.set(why, [...(byReason.get(why) ?? []), series]);
  }
  return [...byReason].map(([why, series]) => `${series.join("; ")}: ${why}`);
}

function notesOf(measured: Measured): string[] {
  const close = [udp, mmap, xdp].flatMap((path) => {
    const cost = measured.cost(tearDownOf(path));
    return cost === null ? [] : [`${path.title} ${duration(cost.likely)}`];
  });
  const others = [
    ...paths.flatMap((path) => [path.title, countedOf(path), setUpOf(path)]),
    ...talks.map(({ series }) => series),
    ...registrations.filter((one) => one !== rdma).map(({ series }) => series),
  ];
  const missing = refusals(measured, others);
  return [
    ...(close.length === 0
      ? []
      : [`taking both ends down again, not part of what is repaid: ${close.join(", ")}`]),
    ...pollingNotes(measured),
    ...rdmaNotes(measured),
    ...(measured.missing(xdp.title) === null
      ? [
          "AF_XDP runs in copy mode on veth devices: no wire, no DMA, no zero copy is in its figures; its " +
            "frames and those of packet_mmap have no headers of IP and UDP, which a program would make itself",
        ]
      : []),
    ...missing,
  ];
}

export const bypass: Experiment = {
  name: "bypass",
  title: "Going past the kernel",
  question:
    "What does it cost to go past the kernel, after how many messages is that repaid, and is the " +
    "kernel really gone?",
  claim: CLAIM,
  background: [
    "A UDP message is two system calls, and between them a trip of the kernel's network polling " +
      "(NAPI) that carries it from one device to the other. AF_XDP and packet_mmap share rings of " +
      "frames with the kernel instead: the receiver reads a frame where it lies and makes no call, " +
      "the sender makes one for a whole batch. On a network card with a driver that supports it, " +
      "AF_XDP can leave the frames where the card put them (zero copy); RDMA hands the card the " +
      "program's own memory. Here all paths run between two network namespaces of the measuring " +
      "process, over veth devices, so that the card plays no part: what is compared is software.",
    "What is shared must be set up: memory that is touched, pinned and registered, rings that " +
      "are mapped, a program that is loaded onto the device. The model is n* = (set-up + " +
      "registration) / (t_kernel - t_bypass): the messages after which that is repaid. A message " +
      "itself costs E for each call, which a batch shares, and m besides. Registration grows with " +
      "the pages, so huge pages make the same memory far cheaper to register. AF_XDP's set-up here " +
      "includes registering 2 MiB at each end.",
    "Two rivals stand beside it, since the gain is easily credited to the wrong cause. The first " +
      "is batching inside one call: with UDP segmentation offload (UDP_SEGMENT since Linux 4.18, " +
      "UDP_GRO since 5.0) a batch goes through the whole stack as one packet and takes one trip. " +
      "The second is polling: who looks again instead of sleeping saves being woken, and plain UDP " +
      "can do that, too. So two processes talk over UDP that sleeps, UDP that spins, and AF_XDP " +
      "that spins.",
    "Whether the kernel is gone is counted: system calls where they are made, and trips at the " +
      "tracepoint napi:napi_poll. A ring in memory that two processes poll shows what none at all " +
      "looks like; its other end is a process, not a card. RDMA is looked for through libibverbs, " +
      "loaded only when it is there. Without a device that is hardware no figure of it is shown: a " +
      "provider made of software has prices of its own, which are no card's.",
  ],
  budgetSeconds: 45,
  plan,
  analyse,
};
