/** perspective: the same reads warm, on this disk and on a slow one: what is one waiting for? */
import type { Analysis, Chart, Interval, LabCheck } from "@crossbill/core";
import type { Experiment } from "../experiment.ts";
import { countOf, type Measured, modelLine, orderCheck } from "../measured.ts";
import { duration, figure } from "../text.ts";
import { claimsOf, gainsOf, times } from "./perspective-claims.ts";
import {
  breakEvensOf,
  fitAll,
  type Models,
  modelsOf,
  parametersOf,
  predictDepth,
} from "./perspective-model.ts";
import {
  type Device,
  deviceNames,
  devices,
  PAGE,
  PIECES,
  plan,
  READS_A_SECOND,
  seriesOf,
  type Way,
} from "./perspective-points.ts";

interface Row {
  readonly text: string;
  readonly way: Way;
  readonly x: number;
}

const rows: readonly Row[] = [
  { text: "pread", way: "pread", x: PIECES },
  { text: "all announced, then pread", way: "announced", x: PIECES },
  { text: "io_uring, 1 under way", way: "by batch in turn", x: 1 },
  { text: "io_uring, 1 under way", way: "by batch in turn", x: PIECES },
  { text: `io_uring, ${PIECES} under way`, way: "by depth", x: PIECES },
  { text: `io_uring, ${PIECES} under way`, way: "by batch at once", x: PIECES },
];

const pointAt = (measured: Measured, device: Device, { way, x }: Row) =>
  measured.point(seriesOf(device, way), x);

/** Calls and device reads are exact, whatever the machine. */
function countChecks(measured: Measured): LabCheck[] {
  return devices.flatMap((device) => {
    const one = measured.point(seriesOf(device, "by batch in turn"), PIECES);
    const calls = countOf(one, "systemCalls");
    const read = countOf(one, "deviceBytes");
    const checks: LabCheck[] = [];
    if (!Number.isNaN(calls)) {
      const check = `${deviceNames[device]}: one call for ${PIECES} reads`;
      checks.push({ check, holds: Math.abs(calls * PIECES - 1) < 1e-6 });
    }
    if (device === "warm" && !Number.isNaN(read)) {
      checks.push({ check: "resident pages come from no device", holds: read === 0 });
    }
    // Zero: this kernel does not count them.
    if (device !== "warm" && read > 0) {
      const check = `${deviceNames[device]}: every page comes from the device`;
      checks.push({ check, holds: read >= PAGE });
    }
    return checks;
  });
}

function checksOf(measured: Measured): LabCheck[] {
  const [warm = null, cold = null, slow = null] = devices.map((device) =>
    measured.cost(seriesOf(device, "by batch in turn"), 1),
  );
  return [
    ...countChecks(measured),
    ...orderCheck("a resident page < one from this disk", warm, cold),
    ...orderCheck("a page from this disk < one at a limited rate", cold, slow),
    ...measured.linearity(),
  ];
}

function tableOf(measured: Measured): Analysis["table"] {
  const isMeasured = (row: Row): boolean =>
    devices.some((device) => pointAt(measured, device, row) !== undefined);
  const ways = rows.filter(isMeasured).map((row) => {
    const counted = devices
      .map((device) => countOf(pointAt(measured, device, row), "systemCalls"))
      .find((calls) => !Number.isNaN(calls));
    const costs = devices.map((device) => {
      const cost = measured.cost(seriesOf(device, row.way), row.x);
      return cost === null ? "-" : duration(cost.likely);
    });
    return [row.text, counted === undefined ? "-" : figure(counted * PIECES), ...costs];
  });
  const gains = devices.map((device) => gainsOf(measured, device));
  const gainRow = (text: string, of: (gain: (typeof gains)[number]) => Interval | null) => [
    text,
    "",
    ...gains.map((gain) => {
      const value = of(gain);
      return value === null ? "-" : `${value.likely.toFixed(2)}x`;
    }),
  ];
  return {
    columns: [`${PIECES} pages`, "calls", ...devices.map((device) => deviceNames[device])],
    rows: [
      ...ways,
      gainRow("gain of fewer calls alone", ({ calls }) => calls),
      gainRow("gain of more under way alone", ({ depth }) => depth),
      gainRow("gain of both", ({ both }) => both),
    ],
  };
}

const READ_AXIS = { label: "a read", unit: "ns", log: true };

function chartsOf(measured: Measured, models: Models): Chart[] {
  const lines = (way: Way) =>
    devices
      .map((device) => ({ ...measured.line(seriesOf(device, way)), name: deviceNames[device] }))
      .filter(({ points }) => points.length > 1);
  const depths = (device: Device) =>
    measured.series(seriesOf(device, "by depth")).map(({ x }) => x);
  const modelled = (name: "cold depth" | "slow depth", device: Device) =>
    models.has(name)
      ? [
          modelLine(`model: ${deviceNames[device]}`, depths(device), (depth) =>
            predictDepth(models, name, depth),
          ),
        ]
      : [];
  return [
    {
      title: "A read by the requests in one call, one under way",
      x: { label: "requests in a call", unit: "", log: true },
      y: READ_AXIS,
      series: lines("by batch in turn"),
      marks: [],
    },
    {
      title: "A read by the requests under way, one call for each",
      x: { label: "requests under way", unit: "", log: true },
      y: READ_AXIS,
      series: [
        ...lines("by depth"),
        ...modelled("cold depth", "cold"),
        ...modelled("slow depth", "throttled"),
      ],
      marks: [],
    },
  ];
}

function notesOf(measured: Measured): string[] {
  const notes = devices.flatMap((device) => {
    const why = measured.missing(seriesOf(device, "by batch in turn"));
    return why === null ? [] : [`${deviceNames[device]}: ${why}`];
  });
  const slow = gainsOf(measured, "throttled");
  if (slow.both !== null) {
    notes.push(
      `the limit of ${READS_A_SECOND} reads/s stands for a spinning disk: real kernel path and real ` +
        `waiting, no head that could take a better way; all in one call: ${times(slow.both)} as quick`,
    );
  }
  const announced = measured.cost(seriesOf("cold", "announced"));
  const plain = measured.cost(seriesOf("cold", "pread"));
  if (announced !== null && plain !== null && announced.likely < plain.likely) {
    notes.push(
      `twice the calls, ${figure(plain.likely / announced.likely)} times as quick on this disk: ` +
        "pages announced with posix_fadvise before they are read",
    );
  }
  if (plain !== null) {
    notes.push(
      "cold means not in this kernel's page cache; a host below it, or the disk itself, may still hold the page",
    );
  }
  return notes;
}

function analyse(measured: Measured): Analysis {
  const models = fitAll(measured);
  const checks = checksOf(measured);
  return {
    parameters: parametersOf(models),
    models: modelsOf(models),
    breakEvens: breakEvensOf(models),
    claims: claimsOf(measured, checks, models),
    checks,
    table: tableOf(measured),
    charts: chartsOf(measured, models),
    notes: notesOf(measured),
  };
}

export const perspective: Experiment = {
  name: "perspective",
  title: "Perspective",
  question:
    "When a read waits for a disk, what do fewer calls gain, and what more reads under way?",
  claim:
    "Fewer system calls help only if the calls are the bottleneck; on a spinning disk batching them is irrelevant.",
  background: [
    `A read of a page that is not in the page cache sleeps until the device has brought it: some ten
microseconds from fast flash, some milliseconds from a turning disk. Beside that the crossing is
small, and so is all that fewer crossings can save: at most E / (q + E + W), where E is what entering
costs, q the work for a request and W the waiting.`,
    `One call with many requests changes two things at once. There are fewer crossings, and the device
gets all requests together, so that their waiting overlaps: T = k (c + D/Q) with Q under way. The lab
keeps the two apart. A chain of linked requests of an io_uring is one crossing with one read under way
at a time; submitting each request by a call of its own, and waiting for none until all are under way,
is many crossings with many reads under way. What the first gains is the gain of fewer calls, what the
second gains is queue depth, and a batch gets both.`,
    `The same ${PIECES} pages, far apart and in random order, are read from the page cache, from this
disk, and from this disk limited to ${READS_A_SECOND} reads a second by the kernel's block cgroup, for
the measuring process alone. Cold means that the file's own pages were evicted with posix_fadvise and
mincore found none of them; no other program's cache is touched. Read-ahead is off, and the bytes that
the kernel asked the device for are counted. The model's prices are those of the least disturbed rounds.`,
    `The limit makes a slow device with the kernel's own path and real sleep, but it cannot do two reads
at once nor choose a shorter way between them, so it is the strictest of spinning disks: a real one
gains a little from a queue, because it may reorder it.`,
  ].map((text) => text.replaceAll("\n", " ")),
  budgetSeconds: 50,
  plan: ({ quick, folder }) => plan(quick, folder),
  analyse,
};
