/** libos-claims: what the chapter says of library operating systems, judged by the points. */
import type { BreakEven, Interval, JudgedClaim, LabCheck } from "@crossbill/core";
import { type Measured, orderCheck } from "../measured.ts";
import { differenceInterval, differences } from "../paired.ts";
import { bytes, duration, figure, share } from "../text.ts";
import { decide, judge } from "../verdict.ts";
import type { Fitted } from "./libos-model.ts";
import {
  CROSSING,
  codeSeries,
  dispatchSeries,
  FEWEST,
  KNOWN,
  MOST,
  type Sequence,
  SMALL_HANDLER,
  type Way,
} from "./libos-points.ts";

export const CLAIM = "Dispatch by binary search costs O(log n).";
const REPEATED_CLAIM = "It does so, too, for a program that makes the same calls over and over.";
const ANY_CLAIM = "Dispatch has to grow with the number of calls that there are.";
const CODE_CLAIM = "Code that outgrows the instruction cache makes each call pay for misses.";
const LEFT_CLAIM = "Without the boundary the overhead is smaller, but not gone.";

/** Growth below this share of a search's own growth is none that matters. */
const NO_GROWTH = 0.25;
/** A logarithm describes a cost when it predicts unseen numbers this well. */
const LOG_ERROR = 0.15;
/** What misses must add to a call to be felt. */
const FELT = 1.25;
/** Handlers of this size fit the smallest cache when few, and no first-level one when many. */
const PROBE_SIZE = 512;
const PROBE_MANY = 1024;
const LINE_BYTES = 64;
/** A misprediction avoided is a good part of so short a call. */
const FORESEEN = 0.7;

/** ns that the most numbers cost more than the fewest. */
export function growth(measured: Measured, way: Way, sequence: Sequence): Interval | null {
  const series = dispatchSeries(way, sequence);
  return differenceInterval(
    differences(measured.point(series, MOST), [measured.point(series, FEWEST)]),
  );
}

const grown = (way: string, { likely }: Interval): string =>
  `from ${FEWEST} to ${MOST} calls ${way} grows by ${figure(likely)} ns`;

function logarithm(measured: Measured, fit: Fitted | null, checks: readonly LabCheck[]) {
  const grows = growth(measured, "binary", "random");
  const h = fit?.fit.prices[1];
  if (grows === null || h === undefined) {
    return judge(CLAIM, checks, decide(null, "the search was not measured"));
  }
  const error = fit?.fit.heldOutError ?? fit?.fit.fitError ?? Number.NaN;
  const why =
    `in random order each doubling of n adds ${figure(h.likely)} ns, and log2 n predicts ` +
    `unseen n within ${share(error)}`;
  return judge(CLAIM, checks, decide(grows.low > 0 && h.low > 0 && error <= LOG_ERROR, why));
}

/** Whether `one` grows as a search in random order does, or far less. */
function comparedGrowth(
  claim: string,
  one: { readonly grows: Interval | null; readonly named: string },
  measured: Measured,
  checks: readonly LabCheck[],
): JudgedClaim {
  const search = growth(measured, "binary", "random");
  if (one.grows === null || search === null || !(search.likely > 0)) {
    return judge(claim, checks, decide(null, "both were not measured, or the search did not grow"));
  }
  const why = `${grown(one.named, one.grows)}, a binary search in random order by ${figure(search.likely)} ns`;
  return judge(claim, checks, decide(one.grows.likely / search.likely > NO_GROWTH, why));
}

function codeMisses(measured: Measured, checks: readonly LabCheck[]): JudgedClaim {
  const few = measured.cost(codeSeries(FEWEST), PROBE_SIZE);
  const many = measured.cost(codeSeries(PROBE_MANY), PROBE_SIZE);
  if (few === null || many === null || !(few.likely > 0)) {
    return judge(CODE_CLAIM, checks, decide(null, "the handlers were not measured"));
  }
  const size = bytes(PROBE_SIZE);
  const why =
    `a handler of ${size} costs ${duration(few.likely)} among ${FEWEST} and ` +
    `${duration(many.likely)} among ${PROBE_MANY} (${bytes(PROBE_SIZE * PROBE_MANY)} of code)`;
  return judge(CODE_CLAIM, checks, decide(many.likely / few.likely >= FELT, why));
}

function overheadLeft(measured: Measured, checks: readonly LabCheck[]): JudgedClaim {
  const table = measured.point(dispatchSeries("table", "random"), FEWEST);
  const left = differenceInterval(differences(table, [measured.point(KNOWN)]));
  const crossing = measured.cost(CROSSING);
  if (left === null || crossing === null || !(crossing.likely > 0)) {
    return judge(
      LEFT_CLAIM,
      checks,
      decide(null, "table, call and system call were not all measured"),
    );
  }
  const why =
    `a call through a table costs ${figure(left.likely)} ns more than a plain one, ` +
    `${share(left.likely / crossing.likely)} of a null system call`;
  return judge(LEFT_CLAIM, checks, decide(left.low > 0 && left.likely < crossing.likely, why));
}

export function claimsOf(
  measured: Measured,
  binary: Fitted | null,
  checks: readonly LabCheck[],
): JudgedClaim[] {
  const repeated = { grows: growth(measured, "binary", "cycle"), named: "it" };
  const table = { grows: growth(measured, "table", "random"), named: "a table" };
  return [
    logarithm(measured, binary, checks),
    comparedGrowth(REPEATED_CLAIM, repeated, measured, checks),
    comparedGrowth(ANY_CLAIM, table, measured, checks),
    codeMisses(measured, checks),
    overheadLeft(measured, checks),
  ];
}

export function checksOf(measured: Measured): LabCheck[] {
  const table = measured.cost(dispatchSeries("table", "random"), FEWEST);
  const large = measured.cost(codeSeries(MOST), 2048);
  return [
    ...orderCheck(
      "a plain call < a null system call",
      measured.cost(KNOWN),
      measured.cost(CROSSING),
    ),
    ...orderCheck("a plain call < a call through a table", measured.cost(KNOWN), table),
    ...orderCheck(
      `${MOST} handlers: ${bytes(SMALL_HANDLER)} each < 2 KiB each`,
      measured.cost(codeSeries(MOST), SMALL_HANDLER),
      large,
    ),
    ...measured.linearity(),
  ];
}

/** The number of calls at which a search costs a system call: mostly out of this world. */
function searchEven(binary: Fitted | null, crossing: Interval | null): BreakEven[] {
  const [a, h] = binary?.fit.prices ?? [];
  if (a === undefined || h === undefined || crossing === null || !(h.likely > 0)) return [];
  const depth = (crossing.likely - a.likely) / h.likely;
  if (depth > 32) {
    const text =
      "no number of calls makes a binary search as dear as a null system call: it would take " +
      `2^${depth.toFixed(0)} of them`;
    return [{ text, at: null, unit: "calls" }];
  }
  const n = 2 ** depth;
  const text = `with more than ${figure(n)} calls a binary search costs more than a null system call`;
  return [{ text, at: { low: n, likely: n, high: n }, unit: "calls" }];
}

/** How much code, none of it cached near, a handler may run before it costs a system call. */
function codeEven(code: Fitted | null, crossing: Interval | null): BreakEven[] {
  const prices = code?.fit.prices;
  if (prices === undefined || crossing === null) return [];
  /** Bytes when the crossing costs `crossed` and the code `end` of its intervals. */
  const length = (crossed: number, end: keyof Interval): number => {
    const [base = 0, line = 0, call = 0, l1 = 0, l2 = 0] = prices.map((price) => price[end]);
    return ((crossed - base - call) / (line + l1 + l2)) * LINE_BYTES;
  };
  const at = {
    low: length(crossing.low, "high"),
    likely: length(crossing.likely, "likely"),
    high: length(crossing.high, "low"),
  };
  if (!(at.low > 0) || !Number.isFinite(at.high)) return [];
  const text = `a handler of ${bytes(at.likely)} that is in neither L1 nor L2 costs as much as a null system call`;
  return [{ text, at, unit: "bytes" }];
}

/** From how many calls on a table beats a compare tree, where nothing can be predicted. */
function tableEven(table: Fitted | null, tree: Fitted | null): BreakEven[] {
  const [flat, doubling] = table?.fit.prices ?? [];
  const [before, level] = tree?.fit.prices ?? [];
  if (!flat || !doubling || !before || !level) return [];
  const slower = level.likely - doubling.likely;
  const depth = (flat.likely - before.likely) / slower;
  if (!(slower > 0) || depth > 32) return [];
  const n = 2 ** Math.max(0, depth);
  const text = `in random order a table beats a compare tree from ${figure(n)} calls on`;
  return [{ text, at: { low: n, likely: n, high: n }, unit: "calls" }];
}

export function breakEvensOf(
  measured: Measured,
  depths: ReadonlyMap<Way, Fitted | null>,
  code: Fitted | null,
): BreakEven[] {
  const crossing = measured.cost(CROSSING);
  const of = (way: Way): Fitted | null => depths.get(way) ?? null;
  return [
    ...searchEven(of("binary"), crossing),
    ...tableEven(of("table"), of("switch")),
    ...codeEven(code, crossing),
  ];
}

/** Whether the processor foresees where an indirect call goes, which decides table or tree. */
export function predictionNotes(measured: Measured): string[] {
  const [predictable, random, tree] = [
    measured.cost(dispatchSeries("table", "cycle"), MOST),
    measured.cost(dispatchSeries("table", "random"), MOST),
    measured.cost(dispatchSeries("switch", "cycle"), MOST),
  ];
  if (predictable === null || random === null || tree === null) return [];
  const [better, worse] =
    tree.likely < predictable.likely
      ? ["a compare tree", "a table"]
      : ["a table", "a compare tree"];
  const foreseen = predictable.likely < FORESEEN * random.likely;
  return [
    `indirect calls that repeat every 16 ${foreseen ? "are" : "are not"} predicted here; ` +
      `for such calls ${better} beats ${worse} at ${MOST} calls`,
  ];
}
