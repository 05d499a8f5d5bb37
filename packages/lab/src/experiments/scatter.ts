/** scatter: pieces of a file that lie apart: a call for each, one for all, or the gaps read too. */
import type { Analysis, Chart, LabCheck } from "@crossbill/core";
import type { Experiment, Scope } from "../experiment.ts";
import { timesDearer } from "../gain.ts";
import { countOf, type Measured, modelLine, orderCheck } from "../measured.ts";
import { figure, interval } from "../text.ts";
import { bestBatch, claimsOf } from "./scatter-claims.ts";
import {
  breakEvensOf,
  type Fitted,
  fitAll,
  modelsOf,
  parametersOf,
  predict,
  priceOf,
} from "./scatter-model.ts";
import {
  ASKED,
  all,
  batches,
  CROSSING,
  type Mechanism,
  mapping,
  PIECES,
  plan,
  pread,
  preadv,
  SMALL,
  seekRead,
  seriesOf,
  through,
  uringAll,
} from "./scatter-points.ts";

const LARGE = 4096;

/** System calls a piece where PIECES are asked for at once; exact on every machine. */
const callsAPiece: readonly (readonly [Mechanism, number])[] = [
  [pread, 1],
  [seekRead, 2],
  [preadv, 1 / PIECES],
  [uringAll, 1 / PIECES],
  [mapping, 0],
];

/** What was counted, which no noise can disturb. */
function countChecks(measured: Measured): LabCheck[] {
  return callsAPiece.flatMap(([one, calls]) => {
    const found = countOf(measured.point(seriesOf(one, "bytes"), SMALL), "systemCalls");
    const check = `${one.name}: ${figure(calls * PIECES)} calls for ${PIECES} pieces`;
    return Number.isNaN(found) ? [] : [{ check, holds: Math.abs(found - calls) < 1e-6 }];
  });
}

/** Only orders far apart: a busy machine disturbs the near ones. */
function timeChecks(measured: Measured): LabCheck[] {
  const cost = (one: Mechanism, size = SMALL) => measured.cost(seriesOf(one, "bytes"), size);
  return [
    ...orderCheck("a null system call < a pread", measured.cost(CROSSING), cost(pread)),
    ...orderCheck("a kept mapping < a pread", cost(mapping), cost(pread)),
    ...orderCheck("a buffer of one preadv < a pread", cost(preadv), cost(pread)),
    ...orderCheck("a pread of 64 bytes < one of 16 KiB", cost(pread), cost(pread, 16_384)),
    ...measured.linearity(),
  ];
}

function tableOf(measured: Measured): Analysis["table"] {
  const row = (one: Mechanism): string[] => {
    const series = seriesOf(one, "bytes");
    const calls = countOf(measured.point(series, SMALL), "systemCalls") * PIECES;
    const cost = (size: number): string => {
      const found = measured.cost(series, size);
      return found === null ? "not measured" : interval(found);
    };
    return [one.name, Number.isNaN(calls) ? "-" : figure(calls), cost(SMALL), cost(LARGE)];
  };
  return {
    columns: [`${PIECES} pieces`, "calls", "64 B each, ns", "4 KiB each, ns"],
    rows: all.map(row),
  };
}

const PIECE_AXIS = { label: "a piece", unit: "ns", log: true };

function chartsOf(measured: Measured, models: ReadonlyMap<string, Fitted>): Chart[] {
  const marks = (unit: string) =>
    breakEvensOf(models).flatMap((one) =>
      one.unit === unit && one.at !== null ? [{ x: one.at.likely, label: "break-even" }] : [],
    );
  const byPieces = [pread, preadv, ...batches].map((one) => ({
    ...measured.line(seriesOf(one, "pieces")),
    name: one.name,
  }));
  const byGap = [pread, through].map((one) => ({
    ...measured.line(seriesOf(one, "gap")),
    name: one.name,
  }));
  const gaps = measured.series(seriesOf(through, "gap")).map(({ x }) => x);
  const modelled = (one: Mechanism) => {
    const at = (gap: number) => predict(models, one, { pieces: PIECES, bytes: SMALL, gap }) ?? 0;
    return models.has(one.name) ? [modelLine(`model: ${one.name}`, gaps, at)] : [];
  };
  return [
    {
      title: `A piece of ${SMALL} bytes by the pieces asked for at once`,
      x: { label: "pieces", unit: "", log: true },
      y: PIECE_AXIS,
      series: byPieces.filter(({ points }) => points.length > 0),
      marks: marks("pieces in a batch"),
    },
    {
      title: `A piece of ${SMALL} bytes by the gap to the next`,
      x: { label: "gap", unit: "bytes", log: true },
      y: PIECE_AXIS,
      series: [
        ...byGap.filter(({ points }) => points.length > 0),
        ...modelled(pread),
        ...modelled(through),
      ]
        // A gap of nothing has no place on a logarithmic axis.
        .map((series) => ({ ...series, points: series.points.filter(({ x }) => x > 0) })),
      marks: marks("bytes of gap"),
    },
  ];
}

function notesOf(measured: Measured): string[] {
  const missing = [...new Set(batches.map((one) => measured.missing(seriesOf(one, "pieces"))))];
  const notes = missing.flatMap((why) => (why === null ? [] : [why]));
  const kept = timesDearer(
    measured.point(seriesOf(pread, "bytes"), SMALL),
    measured.point(seriesOf(mapping, "bytes"), SMALL),
  );
  const best = bestBatch(measured);
  if (kept !== null && best !== null) {
    notes.push(
      `for resident pieces of ${SMALL} bytes a kept mapping is ${figure(kept.likely)} times as quick ` +
        `as preads, the best batch ${figure(best.gain.likely)} times`,
    );
  }
  if (measured.point(ASKED) !== undefined) {
    notes.push(
      "preadv has one offset: it spreads one range of the file over many buffers; " +
        "a list of places in the file is what io_uring and libaio take",
    );
  }
  return notes;
}

/** Bytes of the largest cache that one core has for itself; null when it is not known. */
function nearBytes({ caches }: Pick<Scope, "caches">): number | null {
  return caches.at(-2)?.bytes ?? caches.at(-1)?.bytes ?? null;
}

function analyse(
  measured: Measured,
  scope: Pick<Scope, "caches" | "machine" | "pageBytes">,
): Analysis {
  const models = fitAll(measured);
  const counted = countChecks(measured);
  const checks = [...counted, ...timeChecks(measured)];
  return {
    parameters: parametersOf(models),
    models: modelsOf(models, nearBytes(scope)),
    breakEvens: breakEvensOf(models),
    claims: claimsOf(measured, { counted, checks }, priceOf(models, "s")),
    checks,
    table: tableOf(measured),
    charts: chartsOf(measured, models),
    notes: notesOf(measured),
  };
}

export const scatter: Experiment = {
  name: "scatter",
  title: "Scattered reads",
  question: "What is the cheapest way to fetch many small pieces that lie apart in a file?",
  claim:
    "One vectored call such as preadv fetches thousands of scattered pieces in a single trip, at an immense saving.",
  background: [
    `The chapter hands preadv "a shopping list of data locations". The call cannot take one: its
arguments are a list of buffers and a single offset (preadv(2)), so it fills the buffers one after
another with bytes that follow one another in the file. It spares calls when many buffers want one
range, as with a header and a body. The lab asks for pieces that lie apart, each of which holds
bytes that tell their place, and counts how many of them arrive.`,
    `A list of places is what io_uring takes: each request in the shared ring has an offset and a
buffer of its own, and one crossing submits them all; a file and buffers that are registered with the
ring beforehand (fixed) spare each request a look-up. libaio's io_submit does so too, and on a file
that is not opened for direct access it reads each piece before it returns. The third way is to read
the gaps as well, in one pread, and to use the pieces where they lie.`,
    `The model of k pieces of m bytes: preads cost k (s + b m), a batch E + k (q + b m), reading
through gaps of g bytes s + b (k m + (k-1) g). A request in a batch still passes the file system, the
page cache and the copy; only entering the kernel is shared. So q falls little below s, and what a
batch saves is bounded by the crossing's share of a small read. The gap below which reading through
wins is s / b.`,
    `All pieces are in the page cache here; how the same looks when they come from a disk is the topic
"perspective". They lie a page apart, unless the gap is what varies, and are asked for in shuffled order. A kept
mapping stands beside the calls because it needs neither a crossing nor a look-up, once its pages are
mapped.`,
  ].map((text) => text.replaceAll("\n", " ")),
  budgetSeconds: 50,
  plan: ({ quick }) => plan(quick),
  analyse,
};
