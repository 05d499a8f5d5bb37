/** scatter-claims: the chapter's sentences on vectored reads, each held against measured points. */
import type { Interval, JudgedClaim, LabCheck } from "@crossbill/core";
import { isAbove, timesDearer } from "../gain.ts";
import { countOf, type Measured } from "../measured.ts";
import { bytes, duration, figure, interval, share } from "../text.ts";
import { decide, judge } from "../verdict.ts";
import {
  ASKED,
  batches,
  CROSSING,
  GAP,
  LIST,
  type Mechanism,
  MOST_PIECES,
  pread,
  preadv,
  SMALL,
  seriesOf,
} from "./scatter-points.ts";

const ONE_PREADV = "One preadv fetches pieces that are scattered through a file.";
const DOMINATED =
  "With one call for each small scattered piece, the fixed cost of the calls dominates.";
const ONE_TRIP = "Fetching all scattered pieces in a single call saves immensely.";
const CONTIGUOUS = "One vectored call into many buffers saves most of what as many calls cost.";

/** Exact, where figures are rounded. */
const MOST = MOST_PIECES.toLocaleString("en-US");
/** "Immensely" and "most": the time at least halves. */
const IMMENSE = 2;
/** "Dominates": more than the rest together. */
const DOMINANT = 0.5;
/** Counts are exact; a median over blocks of different sizes may be off by rounding. */
const ALL = 0.999;

export function claimsOf(
  measured: Measured,
  {
    counted,
    checks,
  }: { readonly counted: readonly LabCheck[]; readonly checks: readonly LabCheck[] },
  fixed: Interval | null,
): JudgedClaim[] {
  return [
    // Decided by bytes, which stand even where the times are in doubt.
    judge(ONE_PREADV, counted, onePreadv(measured)),
    judge(DOMINATED, checks, dominated(measured, fixed)),
    judge(ONE_TRIP, checks, oneTrip(measured)),
    judge(CONTIGUOUS, checks, contiguous(measured)),
  ];
}

/** Not by time: by the bytes that arrived. */
function onePreadv(measured: Measured): ReturnType<typeof decide> {
  const point = measured.point(ASKED);
  const wanted = countOf(point, "wanted");
  const following = countOf(point, "contiguous");
  if (Number.isNaN(wanted) || Number.isNaN(following)) {
    return decide(null, measured.missing(ASKED) ?? "it was not looked at which bytes arrive");
  }
  const arrived = `of ${LIST} pieces, ${bytes(GAP)} apart, ${figure(wanted * LIST)} arrived`;
  const instead =
    following > ALL
      ? "; the call has one offset, and its buffers got the bytes that follow one another from there on"
      : "";
  return decide(wanted > ALL, `${arrived}${instead}`);
}

function dominated(measured: Measured, fixed: Interval | null): ReturnType<typeof decide> {
  const whole = measured.cost(seriesOf(pread, "bytes"), SMALL);
  if (fixed === null || whole === null) return decide(null, "the cost of a pread is not known");
  const part = fixed.likely / whole.likely;
  const spread = { low: fixed.low / whole.high, likely: part, high: fixed.high / whole.low };
  const crossing = measured.cost(CROSSING);
  const inside =
    crossing === null
      ? ""
      : `; of it the crossing is ${duration(crossing.likely)}, the rest is work in the kernel that a batch does too`;
  return decide(
    isAbove(spread, DOMINANT),
    `${share(Math.min(1, part))} of a pread of ${SMALL} bytes, ${duration(whole.likely)}, depends on no byte${inside}`,
  );
}

/** The batch that is quickest where batches are largest, against as many preads. */
export function bestBatch(
  measured: Measured,
): { readonly mechanism: Mechanism; readonly gain: Interval } | null {
  const single = measured.point(seriesOf(pread, "pieces"), MOST_PIECES);
  const gains = batches.flatMap((mechanism) => {
    const gain = timesDearer(single, measured.point(seriesOf(mechanism, "pieces"), MOST_PIECES));
    return gain === null ? [] : [{ mechanism, gain }];
  });
  return gains.toSorted((a, b) => b.gain.likely - a.gain.likely)[0] ?? null;
}

function oneTrip(measured: Measured): ReturnType<typeof decide> {
  const best = bestBatch(measured);
  if (best === null) {
    const why = batches.map((one) => measured.missing(seriesOf(one, "pieces"))).find(Boolean);
    return decide(null, why ?? "preads and batches were not both measured");
  }
  const { mechanism, gain } = best;
  return decide(
    isAbove(gain, IMMENSE),
    `${MOST} pieces arrive ${interval(gain)} times as quickly by the best batch ` +
      `(${mechanism.name}) as by preads, from the page cache`,
  );
}

function contiguous(measured: Measured): ReturnType<typeof decide> {
  const gain = timesDearer(
    measured.point(seriesOf(pread, "pieces"), MOST_PIECES),
    measured.point(seriesOf(preadv, "pieces"), MOST_PIECES),
  );
  if (gain === null) return decide(null, "preads and preadv were not both measured");
  return decide(
    isAbove(gain, IMMENSE),
    `${MOST} buffers of ${SMALL} contiguous bytes fill ${interval(gain)} times as quickly as by a pread each`,
  );
}
