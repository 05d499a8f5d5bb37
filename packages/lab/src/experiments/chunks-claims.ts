/** chunks-claims: what the chapter says of chunks, judged by the points. */
import type { BreakEven, JudgedClaim, LabCheck, LabPoint } from "@crossbill/core";
import { intervalOver } from "../estimate.ts";
import { LARGE_RESIDUAL, wrongness } from "../fitted-model.ts";
import { type Measured, orderCheck } from "../measured.ts";
import { bytes, figure, share } from "../text.ts";
import { decide, judge } from "../verdict.ts";
import { chunkForShare, type Fitted } from "./chunks-model.ts";
import { DIRECT, FRESH, HOT, LONG } from "./chunks-points.ts";

export const CLAIM = "The fixed cost of a read is amortised by larger chunks.";
const SWEET_CLAIM = "There is a sweet spot: still larger chunks take memory and gain nothing.";
const TWO_CLAIM = "One fixed cost and one cost per byte describe reads of every size.";
const FRESH_CLAIM = "What a read costs does not depend on the memory it fills.";

/** Amortised: a byte costs at most this share of what it costs alone. */
const AMORTISED = 0.1;
/** Rates closer than this are the same to a program. */
const SAME_RATE = 0.05;
/** A chunk that saves less memory than this against the largest is no sweet spot. */
const SAVED = 4;
const KIB = 1024;
const USUAL_CHUNK = 64 * KIB;
/** What a program may have for a buffer: a page, a socket's worth, much. */
const limits = [4 * KIB, 64 * KIB, 1024 * KIB];

interface Rate {
  readonly chunk: number;
  /** GB/s; the same number as bytes a ns. */
  readonly rate: number;
}

function rates(points: readonly LabPoint[]): readonly Rate[] {
  return points.flatMap(({ x, values }) => {
    const cost = intervalOver(values);
    return cost === null || !(cost.likely > 0) ? [] : [{ chunk: x, rate: x / cost.likely }];
  });
}

const fastest = (all: readonly Rate[]): Rate | undefined =>
  all.toSorted((a, b) => b.rate - a.rate)[0];

/** The smallest chunk that is as good as the best. */
function sweetSpot(all: readonly Rate[]): Rate | undefined {
  const best = fastest(all);
  return all.find(({ rate }) => best !== undefined && rate >= best.rate * (1 - SAME_RATE));
}

export function fastestText(measured: Measured, series: string): string {
  const sweet = sweetSpot(rates(measured.series(series)));
  return sweet === undefined ? "" : `${figure(sweet.rate)} GB/s at ${bytes(sweet.chunk)}`;
}

export function checksOf(measured: Measured): LabCheck[] {
  const order = (series: string, than: string, at: number) =>
    orderCheck(
      `a read of ${bytes(at)}: ${series} < ${than}`,
      measured.cost(series, at),
      measured.cost(than, at),
    );
  const moved = measured.points.every(
    ({ counts, x }) => counts["bytes"] === undefined || counts["bytes"] === x,
  );
  return [
    { check: "every read moved all of its bytes", holds: moved },
    ...orderCheck(
      "a read of 1 B < a read of 64 KiB",
      measured.cost(HOT, 1),
      measured.cost(HOT, USUAL_CHUNK),
    ),
    ...order(HOT, FRESH, USUAL_CHUNK),
    ...order(HOT, DIRECT, USUAL_CHUNK),
    ...measured.linearity(),
  ];
}

function amortised(measured: Measured, checks: readonly LabCheck[]): JudgedClaim {
  const one = measured.cost(LONG, 1)?.likely;
  const usual = measured.cost(LONG, USUAL_CHUNK)?.likely;
  if (one === undefined || usual === undefined || !(usual > 0)) {
    return judge(CLAIM, checks, decide(null, "the long file was not measured"));
  }
  const times = one / (usual / USUAL_CHUNK);
  const why = `read by 64 KiB, a byte of a long file costs 1/${figure(times)} of what it costs alone`;
  return judge(CLAIM, checks, decide(1 / times <= AMORTISED, why));
}

function sweetSpotClaim(measured: Measured, checks: readonly LabCheck[]): JudgedClaim {
  const all = rates(measured.series(LONG));
  const [spot, largest] = [sweetSpot(all), all.at(-1)];
  if (spot === undefined || largest === undefined || all.length < 3) {
    return judge(SWEET_CLAIM, checks, decide(null, "the long file was not measured"));
  }
  const why =
    `chunks of ${bytes(spot.chunk)} read ${figure(spot.rate)} GB/s, ` +
    `of ${bytes(largest.chunk)} ${figure(largest.rate)}`;
  return judge(SWEET_CLAIM, checks, decide(spot.chunk * SAVED <= largest.chunk, why));
}

function twoParameters(
  lines: readonly (Fitted | null)[],
  checks: readonly LabCheck[],
): JudgedClaim {
  const worst = lines
    .flatMap((line) => (line?.worst ? [line.worst] : []))
    .toSorted((a, b) => Math.abs(b.residual) - Math.abs(a.residual))[0];
  if (worst === undefined) {
    return judge(TWO_CLAIM, checks, decide(null, "no line could be fitted"));
  }
  const why = `such a line is most wrong at ${wrongness(worst)}`;
  return judge(TWO_CLAIM, checks, decide(Math.abs(worst.residual) <= LARGE_RESIDUAL, why));
}

function freshMemory(measured: Measured, checks: readonly LabCheck[]): JudgedClaim {
  const kept = measured.cost(HOT, USUAL_CHUNK)?.likely;
  const fresh = measured.cost(FRESH, USUAL_CHUNK)?.likely;
  if (kept === undefined || fresh === undefined || !(kept > 0)) {
    return judge(FRESH_CLAIM, checks, decide(null, "fresh memory was not measured"));
  }
  const times = fresh / kept;
  const why = `64 KiB into memory never touched before cost ${figure(times)} times as much as into a buffer in use`;
  return judge(FRESH_CLAIM, checks, decide(times <= 1 + LARGE_RESIDUAL, why));
}

export function claimsOf(
  measured: Measured,
  lines: readonly (Fitted | null)[],
  checks: readonly LabCheck[],
): JudgedClaim[] {
  return [
    amortised(measured, checks),
    sweetSpotClaim(measured, checks),
    twoParameters(lines, checks),
    freshMemory(measured, checks),
  ];
}

/** `line` is the long file's, within the caches. */
export function breakEvensOf(measured: Measured, line: Fitted | null): BreakEven[] {
  const found: BreakEven[] = [];
  const even = line === null ? null : chunkForShare(line, 0.5);
  if (even !== null) {
    const text = `a read of a long file shorter than ${bytes(even.likely)} costs more in crossing than in copying`;
    found.push({ text, at: even, unit: "bytes" });
  }
  for (const peak of [0.9, 0.99]) {
    const at = line === null ? null : chunkForShare(line, peak);
    if (at === null) continue;
    const text = `chunks of ${bytes(at.likely)} leave ${share(1 - peak)} to the fixed cost`;
    found.push({ text, at, unit: "bytes" });
  }
  const all = rates(measured.series(LONG));
  const best = fastest(all);
  for (const limit of limits) {
    const within = sweetSpot(all.filter(({ chunk }) => chunk <= limit));
    if (within === undefined || best === undefined) continue;
    const { chunk, rate } = within;
    const text =
      `a buffer of at most ${bytes(limit)}: chunks of ${bytes(chunk)} read ${figure(rate)} ` +
      `GB/s, ${share(rate / best.rate)} of the best`;
    found.push({ text, at: { low: chunk, likely: chunk, high: chunk }, unit: "bytes" });
  }
  return found;
}
