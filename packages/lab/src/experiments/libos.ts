/** libos: what a system call costs where it is only a function call: dispatch and code. */
import type { Analysis, Chart, FittedParameter } from "@crossbill/core";
import type { Experiment, Scope } from "../experiment.ts";
import { type Measured, modelLine } from "../measured.ts";
import { bytes, figure } from "../text.ts";
import { breakEvensOf, CLAIM, checksOf, claimsOf, predictionNotes } from "./libos-claims.ts";
import {
  type Caches,
  CODE,
  codeAmounts,
  codeCaches,
  type Fitted,
  fitCode,
  fitDepth,
} from "./libos-model.ts";
import {
  bodies,
  CLOCK,
  CROSSING,
  codeSeries,
  dispatchSeries,
  FEWEST,
  KNOWN,
  libraryPoints,
  MOST,
  type Way,
  ways,
} from "./libos-points.ts";

type Depths = ReadonlyMap<Way, Fitted | null>;

function parametersOf(depths: Depths, code: Fitted | null): FittedParameter[] {
  const dispatch = [...depths].flatMap(([way, fitted]) => {
    const [a, h] = fitted?.fit.prices ?? [];
    if (a === undefined || h === undefined) return [];
    const series = dispatchSeries(way, "random");
    return [
      { symbol: `a(${way})`, meaning: `${series}: before the search`, unit: "ns", value: a },
      { symbol: `h(${way})`, meaning: `${series}: each doubling of n`, unit: "ns", value: h },
    ];
  });
  const names = [
    { symbol: "e", meaning: "a cache line of code, executed", at: CODE.line },
    { symbol: "j", meaning: "a jump to a handler that is not in L1", at: CODE.call },
    { symbol: "m1", meaning: "a line of code that is not in L1", at: CODE.l1 },
    { symbol: "m2", meaning: "a line of code that is not in L2: on top", at: CODE.l2 },
  ];
  const misses = names.flatMap(({ symbol, meaning, at }) => {
    const value = code?.fit.prices[at];
    return value === undefined ? [] : [{ symbol, meaning, unit: "ns", value }];
  });
  return [...dispatch, ...misses];
}

function tableOf(measured: Measured): Analysis["table"] {
  const cell = (series: string, x?: number): string => {
    const cost = measured.cost(series, x);
    return cost === null ? "" : figure(cost.likely);
  };
  const references = [KNOWN, CLOCK, CROSSING].map((series) => [series, cell(series), ""]);
  const dispatch = ways.flatMap((way) =>
    (["cycle", "random"] as const).map((sequence) => {
      const series = dispatchSeries(way, sequence);
      return [series, cell(series, FEWEST), cell(series, MOST)];
    }),
  );
  const columns = ["ns a call", `n = ${FEWEST}`, `n = ${MOST}`];
  return { columns, rows: [...references, ...dispatch] };
}

function dispatchChart(measured: Measured): Chart {
  const series = ways.flatMap((way) =>
    (["cycle", "random"] as const).map((sequence) => measured.line(dispatchSeries(way, sequence))),
  );
  return {
    title: "Dispatch by the number of calls",
    x: { label: "calls there are", unit: "", log: true },
    y: { label: "time a call", unit: "ns", log: true },
    series: series.filter(({ points }) => points.length > 0),
    marks: [],
  };
}

function codeChart(measured: Measured, code: Fitted | null, caches: Caches): Chart {
  const series = bodies.flatMap((n) => {
    const line = measured.line(codeSeries(n));
    if (line.points.length === 0) return [];
    const footprint = line.points.map((point) => ({ ...point, x: n * point.x }));
    const shown = { ...line, points: footprint };
    if (code === null) return [shown];
    const prices = code.fit.prices.map(({ likely }) => likely);
    const xs = footprint.map(({ x }) => x);
    const model = modelLine(`model of ${codeSeries(n)}`, xs, (x) =>
      codeAmounts(n, x / n, caches).reduce((sum, m, at) => sum + m * (prices[at] ?? 0), 0),
    );
    return [shown, model];
  });
  return {
    title: "Handlers in random order, by the code they are together",
    x: { label: "bytes of code", unit: "B", log: true },
    y: { label: "time a call", unit: "ns", log: true },
    series,
    marks: [
      { x: caches.l1, label: "L1i" },
      { x: caches.l2, label: "L2" },
    ],
  };
}

function notesOf(measured: Measured, caches: Caches): string[] {
  const absent = measured.missing(KNOWN);
  const sizes = `the instruction cache holds ${bytes(caches.l1)}, the second level ${bytes(caches.l2)}`;
  return [
    ...(absent === null ? [sizes] : [`library calls: ${absent}`]),
    ...predictionNotes(measured),
    "an exokernel still has a kernel to enter; only a unikernel drops the boundary, and its isolation",
    "handlers are long no-ops, which run through a cache quicker than any real code: " +
      "misses show at their largest share",
  ];
}

function analyse(measured: Measured, scope: Pick<Scope, "caches">): Analysis {
  const depths: Depths = new Map(ways.map((way) => [way, fitDepth(measured, way)]));
  const caches = codeCaches(measured, scope);
  const code = fitCode(measured, caches);
  const binary = depths.get("binary") ?? null;
  const checks = checksOf(measured);
  return {
    parameters: parametersOf(depths, code),
    models: [...depths.values(), code].flatMap((one) => (one === null ? [] : [one.model])),
    breakEvens: breakEvensOf(measured, depths, code),
    claims: claimsOf(measured, binary, checks),
    checks,
    table: tableOf(measured),
    charts: [dispatchChart(measured), codeChart(measured, code, caches)].filter(
      ({ series }) => series.length > 0,
    ),
    notes: notesOf(measured, caches),
  };
}

export const libos: Experiment = {
  name: "libos",
  title: "Library operating systems",
  question: "What is left of a system call when it is a function call into a library?",
  claim: CLAIM,
  background: [
    "In a unikernel program and operating system share one address space, and a system " +
      "call is a call of a function. Where the call is known when the program is built, that " +
      "is all. Where it comes as a number, as in a library that runs programs made for " +
      "Linux, the number has to be turned into a handler: by a table of pointers, a hash, a " +
      "tree of comparisons in code, or a binary search in a sorted array.",
    "A table takes one load and one indirect call, however many calls there are: O(1). " +
      "Searches compare log2 n times: T(n) = a + h log2 n. The tree is no invention of " +
      "textbooks: since 6.9 Linux on x86 dispatches system calls by a switch that its " +
      "compiler turns into comparisons, to avoid indirect branches that can be misled " +
      "(commit 1e3ad78334a6).",
    "What a comparison costs is mostly what its misprediction costs. A program that makes " +
      "the same few calls over and over teaches the branch predictor the way through the " +
      "search, and the logarithm all but vanishes. The lab therefore asks in a short cycle " +
      "and in random order. Whether an indirect call is predicted depends on the processor, " +
      "and on what its mitigations leave of the predictor.",
    "The other cost is code. Handlers run in random order and larger together than the " +
      "instruction cache are fetched anew: T = a + e lines + P1 (j + m1 lines) + P2 m2 " +
      "lines, where P1 and P2 are the shares of the code that the first and second level " +
      "cannot hold. The handlers are written into memory at run time, each of the size that " +
      "is asked for, and each adds its own number to a sum that is checked.",
  ],
  budgetSeconds: 40,
  plan: libraryPoints,
  analyse,
};
