/** ipc-claims: sockets against shared memory, judged by the points. */
import { type BreakEven, type JudgedClaim, type LabCheck, median } from "@crossbill/core";
import { type Contest, contest, ratiosOf } from "../contest.ts";
import { type Measured, orderCheck } from "../measured.ts";
import { bytes, duration, figure, share } from "../text.ts";
import { decide, judge } from "../verdict.ts";
import { bothSidesCpu, type Rivalry, rivalry } from "./ipc-model.ts";
import {
  ALONE,
  FUTEX,
  PIPE,
  type Placement,
  placements,
  SMALL,
  SPIN,
  STREAM,
  seriesOf,
  type Way,
  ways,
} from "./ipc-points.ts";

export const CLAIM = "For small messages a socket beats shared memory.";
const LARGE_CLAIM =
  "For large messages shared memory beats a socket, even when both sides sleep and are woken.";
const DICTATED_CLAIM = "What a system call and what a copied byte cost decides between the two.";

/** A large message: beyond the buffers of pipes and sockets. */
const LARGE = 1024 * 1024;
/** Calls decide when they are at least this share of a small message. */
const MOST_OF_IT = 0.5;
/** Of points whose double work did not take double time, a run that is not disturbed has fewer. */
const MOST_BENT = 0.1;

const rings = ways.filter(({ kind }) => kind === "ring");
const sockets = ways.filter(({ kind }) => kind === "socket");

function wayOf(name: string): Way[] {
  return ways.filter((way) => way.name === name);
}

/** Rings that could be used there: one that never sleeps needs a CPU for itself. */
function ringsAt(placement: Placement): readonly Way[] {
  return rings.filter(({ spinsForEver }) => placement === "two CPUs" || spinsForEver !== true);
}

/** Every ring against the socket that is cheapest at this size. */
function contestsAt(measured: Measured, placement: Placement, size: number): Contest[] {
  const socket = sockets
    .flatMap((way) => measured.point(seriesOf(way, placement), size) ?? [])
    .toSorted((a, b) => median(a.values) - median(b.values))[0];
  if (socket === undefined) return [];
  return ringsAt(placement).flatMap((way) => {
    const series = seriesOf(way, placement);
    // In costs of the socket: above 1 the socket wins.
    return contest(series, ratiosOf(socket, measured.point(series, size))) ?? [];
  });
}

/** At the largest message that went through a stream socket, if it is a large one. */
function largeContests(measured: Measured): Contest[] {
  const [stream] = wayOf(STREAM);
  if (stream === undefined) return [];
  return placements.flatMap(({ name }) => {
    const size = measured.series(seriesOf(stream, name)).at(-1)?.x;
    return size === undefined || size < LARGE ? [] : contestsAt(measured, name, size);
  });
}

function outcome(all: readonly Contest[]): string {
  const names = (kept: readonly Contest[]) =>
    kept.map(({ what, ratio }) => `${what} (${figure(ratio)})`).join("; ");
  const wins = all.filter(({ decided, ratio }) => decided && ratio > 1);
  const losses = all.filter(({ decided, ratio }) => decided && ratio < 1);
  const part = (text: string, kept: readonly Contest[]) =>
    kept.length === 0 ? [] : [`${text} ${names(kept)}`];
  const parts = [
    ...part("the best socket beats", wins),
    ...part("it is beaten by", losses),
    ...part(
      "undecided:",
      all.filter(({ decided }) => !decided),
    ),
  ];
  return parts.join(" | ");
}

/** `socketWins`: the claim says that sockets win, and every decided contest must say so. */
function contested(
  claim: string,
  all: readonly Contest[],
  socketWins: boolean,
  checks: readonly LabCheck[],
): JudgedClaim {
  const decided = all.filter((one) => one.decided);
  if (decided.length === 0) {
    const why =
      all.length === 0
        ? "sockets and rings were not both measured"
        : "nowhere do their costs differ by more than noise";
    return judge(claim, checks, decide(null, why));
  }
  const holds = decided.every(({ ratio }) => ratio > 1 === socketWins);
  return judge(claim, checks, decide(holds, outcome(all)));
}

interface Wait {
  readonly placement: Placement;
  readonly whole: number;
  /** What the two calls take of it. */
  readonly calls: number;
}

/** A small message through a pipe, and its two calls made by one process alone. */
function waits(measured: Measured): Wait[] {
  const alone = measured.cost(ALONE)?.likely;
  const [pipe] = wayOf(PIPE);
  if (alone === undefined || pipe === undefined) return [];
  return placements.flatMap(({ name }) => {
    const whole = measured.cost(seriesOf(pipe, name), SMALL)?.likely;
    return whole === undefined || !(whole > 0) ? [] : [{ placement: name, whole, calls: alone }];
  });
}

function dictated(measured: Measured, checks: readonly LabCheck[]): JudgedClaim {
  const all = waits(measured);
  if (all.length === 0) {
    return judge(DICTATED_CLAIM, checks, decide(null, "no pipe was measured"));
  }
  const parts = all.map(
    ({ placement, whole, calls }) =>
      `${share(calls / whole)} of ${duration(whole)} with ${placement}`,
  );
  const why = `a small message's two calls are ${parts.join(", ")}; the rest is waking who waits`;
  const holds = all.every(({ whole, calls }) => calls / whole >= MOST_OF_IT);
  return judge(DICTATED_CLAIM, checks, decide(holds, why));
}

export function claimsOf(measured: Measured, checks: readonly LabCheck[]): JudgedClaim[] {
  const small = placements.flatMap(({ name }) => contestsAt(measured, name, SMALL));
  return [
    contested(CLAIM, small, true, checks),
    contested(LARGE_CLAIM, largeContests(measured), false, checks),
    dictated(measured, checks),
  ];
}

/** Messages through the kernel take two calls at least; who spins makes none. */
function callChecks(measured: Measured): LabCheck[] {
  const counted = ways.flatMap((way) =>
    placements.flatMap(({ name }) => {
      const calls = measured.point(seriesOf(way, name), SMALL)?.counts["calls"];
      return calls === undefined ? [] : [{ way, calls }];
    }),
  );
  if (counted.length === 0) return [];
  const through = counted.filter(({ way }) => way.kind !== "ring");
  const spun = counted.filter(({ way }) => way.spinsForEver === true);
  return [
    {
      check: "a message through the kernel is one write and one read",
      holds: through.every(({ calls }) => calls >= 2 && calls < 2.1),
    },
    { check: "who spins makes no calls", holds: spun.every(({ calls }) => calls === 0) },
  ];
}

export function checksOf(measured: Measured): LabCheck[] {
  const cost = (name: string, placement: Placement, size: number) => {
    const [way] = wayOf(name);
    return way === undefined ? null : measured.cost(seriesOf(way, placement), size);
  };
  const large = 64 * 1024;
  const asked = measured.points.filter(({ linear }) => linear !== null);
  const bent = asked.filter(({ linear }) => linear === false).length;
  return [
    ...orderCheck(
      `two CPUs: ${SPIN} < ${FUTEX}`,
      cost(SPIN, "two CPUs", SMALL),
      cost(FUTEX, "two CPUs", SMALL),
    ),
    ...orderCheck(
      `one CPU: ${ALONE} < ${PIPE}`,
      measured.cost(ALONE),
      cost(PIPE, "one CPU", SMALL),
    ),
    ...placements.flatMap(({ name }) =>
      [PIPE, STREAM].flatMap((way) =>
        orderCheck(
          `${name}: ${way}, 1 B < ${way}, 64 KiB`,
          cost(way, name, SMALL),
          cost(way, name, large),
        ),
      ),
    ),
    ...callChecks(measured),
    ...(asked.length > 0
      ? [
          {
            check: "twice the messages take twice the time, at nine points of ten",
            holds: bent <= asked.length * MOST_BENT,
          },
        ]
      : []),
  ];
}

function sentence(ring: Way, placement: Placement, found: Rivalry): string {
  const { rival, at, decided, sizes } = found;
  const against = seriesOf(ring, placement);
  const turn = bytes(at?.likely ?? 0);
  const range = `${bytes(decided[0]?.x ?? 0)} to ${bytes(decided.at(-1)?.x ?? 0)}`;
  const where = decided.length === sizes ? "at every size" : "wherever they differ beyond noise";
  if (rival === "always") return `${against}: cheaper than a ${STREAM} ${where}, ${range}`;
  if (rival === "never") return `${against}: dearer than a ${STREAM} ${where}, ${range}`;
  if (rival === "above") return `${against}: cheaper than a ${STREAM} from ${turn} on`;
  if (rival === "below") return `${against}: cheaper than a ${STREAM} up to ${turn}`;
  if (rival === "unknown") return `${against}: nowhere differs from a ${STREAM} beyond noise`;
  const won = decided.filter(({ ratio }) => ratio < 1).length;
  return `${against}: cheaper than a ${STREAM} at ${won} of ${decided.length} sizes, by turns`;
}

/** How many messages a second make a receiver that spins as cheap in CPU time as one that sleeps. */
function spinnersRate(measured: Measured): BreakEven[] {
  const [spin, futex] = [wayOf(SPIN), wayOf(FUTEX)].map(([way]) =>
    way === undefined ? null : bothSidesCpu(measured, seriesOf(way, "two CPUs"), SMALL),
  );
  if (spin === null || spin === undefined || futex === null || futex === undefined) return [];
  // Half of the spinners' time is the sender's, which has work to do in between.
  const saved = futex - spin / 2;
  if (!(saved > 0)) return [];
  const rate = 1e9 / saved;
  const only = `less than sleeping costs both sides only above ${figure(rate)} messages a second`;
  const text = `a receiver that spins takes a whole CPU: ${only}`;
  return [{ text, at: { low: rate, likely: rate, high: rate }, unit: "messages/s" }];
}

export function breakEvensOf(measured: Measured): BreakEven[] {
  const [stream] = wayOf(STREAM);
  if (stream === undefined) return [];
  const sizes = placements.flatMap(({ name }) =>
    ringsAt(name).flatMap((way) => {
      const found = rivalry(measured, seriesOf(stream, name), seriesOf(way, name));
      if (found.sizes === 0) return [];
      return [{ text: sentence(way, name, found), at: found.at, unit: "bytes" }];
    }),
  );
  return [...sizes, ...spinnersRate(measured)];
}
