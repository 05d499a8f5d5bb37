/** perspective-claims: fewer calls and more reads under way, each with a gain of its own. */
import type { Interval, JudgedClaim, LabCheck } from "@crossbill/core";
import { isAbove, timesDearer } from "../gain.ts";
import type { Measured } from "../measured.ts";
import { duration, figure, share } from "../text.ts";
import { decide, judge } from "../verdict.ts";
import { type Models, priceOf, WORTHWHILE } from "./perspective-model.ts";
import { type Device, deviceNames, PIECES, seriesOf, type Way } from "./perspective-points.ts";

const IRRELEVANT =
  "On a disk that takes milliseconds for a read, making fewer calls is irrelevant.";
const NO_GAIN =
  "A disk gains nothing from getting all requests in one call: it still does each read.";
const BOTTLENECK = "Fewer calls pay only where the calls are what one waits for.";

/** A disk "that takes milliseconds". */
const SLOW_NS = 1e6;

/** What one call for all brings, and of that: fewer calls alone, and more under way alone. */
export interface Gains {
  readonly calls: Interval | null;
  readonly depth: Interval | null;
  readonly both: Interval | null;
}

export function gainsOf(measured: Measured, device: Device): Gains {
  const one = measured.point(seriesOf(device, "by batch in turn"), 1);
  const against = (way: Way): Interval | null =>
    timesDearer(one, measured.point(seriesOf(device, way), PIECES));
  return {
    calls: against("by batch in turn"),
    depth: against("by depth"),
    both: against("by batch at once"),
  };
}

/** "4.1 times (3.9 to 4.3)": near 1 with as many digits as tell it from 1. */
export function times({ low, likely, high }: Interval): string {
  const one = (value: number): string => (value < 2 ? value.toFixed(3) : figure(value));
  return `${one(likely)} times (${one(low)} to ${one(high)})`;
}

export function claimsOf(
  measured: Measured,
  checks: readonly LabCheck[],
  models: Models,
): JudgedClaim[] {
  return [
    judge(IRRELEVANT, checks, irrelevant(measured, models)),
    judge(NO_GAIN, checks, noGain(measured)),
    judge(BOTTLENECK, checks, bottleneck(measured, models)),
  ];
}

type Decided = ReturnType<typeof decide>;

const not = (value: boolean | null): boolean | null => (value === null ? null : !value);

/**
 * Whether fewer calls alone gain anything there. They cannot save more than entering costs: where
 * that is next to nothing the rounds need only agree in the middle, and if they do not, what they
 * seem to gain is noise and decides nothing.
 */
function fewerCallsPay(measured: Measured, models: Models, device: Device): boolean | null {
  const { calls } = gainsOf(measured, device);
  const most = mostSaved(measured, models, device);
  if (calls === null || most === null || most >= WORTHWHILE) return isAbove(calls, 1 + WORTHWHILE);
  return calls.likely > 1 + WORTHWHILE ? null : false;
}

/** The share of a read that entering the kernel costs; null when it is not known. */
function mostSaved(measured: Measured, models: Models, device: Device): number | null {
  const enter = priceOf(models, "E");
  const read = measured.cost(seriesOf(device, "by batch in turn"), 1);
  return enter === null || read === null || read.low <= 0 ? null : enter.high / read.low;
}

/** The slowest device that was measured; undefined when none takes milliseconds. */
function slowDevice(measured: Measured): { device: Device; cost: Interval } | undefined {
  for (const device of ["throttled", "cold"] as const) {
    const cost = measured.cost(seriesOf(device, "by batch in turn"), 1);
    if (cost !== null && cost.likely >= SLOW_NS) return { device, cost };
  }
  return undefined;
}

function irrelevant(measured: Measured, models: Models): Decided {
  const slow = slowDevice(measured);
  if (slow === undefined) {
    const why = measured.missing(seriesOf("throttled", "by batch in turn"));
    return decide(null, why ?? "no disk here takes milliseconds for a read");
  }
  const { calls } = gainsOf(measured, slow.device);
  if (calls === null) return decide(null, "one call for all was not measured on the slow disk");
  const most = mostSaved(measured, models, slow.device);
  const bound = most === null ? "" : `; it could save ${share(most)} at most`;
  return decide(
    not(fewerCallsPay(measured, models, slow.device)),
    `at ${duration(slow.cost.likely)} a read, one call instead of ${PIECES}, with one read under ` +
      `way in both, is ${times(calls)} as quick${bound}`,
  );
}

/** Of the disk that is here: a limit on reads a second cannot do two at once. */
function noGain(measured: Measured): Decided {
  const { calls, depth, both } = gainsOf(measured, "cold");
  if (both === null) {
    const why = measured.missing(seriesOf("cold", "by batch at once"));
    return decide(null, why ?? "one request at a time was not measured on this disk");
  }
  const gains = [
    calls === null ? "" : `fewer calls alone ${times(calls)}`,
    depth === null ? "" : `more reads under way alone ${times(depth)}`,
  ].filter((text) => text !== "");
  const split = gains.length === 0 ? "" : `; ${gains.join(", ")}`;
  return decide(
    not(isAbove(both, 1 + WORTHWHILE)),
    `on ${deviceNames.cold} all ${PIECES} in one call are ${times(both)} as quick as one at a time${split}`,
  );
}

function bottleneck(measured: Measured, models: Models): Decided {
  const warm = gainsOf(measured, "warm").both;
  const slow = slowDevice(measured)?.device ?? "cold";
  const { calls } = gainsOf(measured, slow);
  if (warm === null || calls === null) {
    return decide(null, "warm and cold reads were not both measured");
  }
  const pays = isAbove(warm, 1 + WORTHWHILE);
  const paysThere = fewerCallsPay(measured, models, slow);
  const holds = pays === null || paysThere === null ? null : pays && !paysThere;
  return decide(
    holds,
    `one call instead of ${PIECES}: ${times(warm)} as quick on resident pages, ` +
      `${times(calls)} with ${deviceNames[slow]}`,
  );
}
