/** bypass-claims: what the chapter says of going past the kernel, judged by the points. */
import type { BreakEven, JudgedClaim, LabCheck } from "@crossbill/core";
import { isAbove, timesDearer } from "../gain.ts";
import { countOf, type Measured, orderCheck } from "../measured.ts";
import { duration, figure, share } from "../text.ts";
import { decide, judge } from "../verdict.ts";
import { extraSetUp, type Fits, gainOf, messageOf, type Repaid, repaid } from "./bypass-model.ts";
import {
  asleep,
  BATCH,
  batched,
  countedOf,
  mmap,
  mmapTalk,
  NULL_CALL,
  type Path,
  ring,
  segments,
  setUpOf,
  spinning,
  type Talk,
  udp,
  uring,
  xdp,
  xdpTalk,
} from "./bypass-points.ts";

export const CLAIM = "Once set up, messages go past the kernel with no kernel involvement at all.";
const RING_CLAIM = "A ring in memory that both sides poll moves them with none.";
const DEAR_CLAIM = "Going past the kernel has a high construction cost.";
const REPAID_CLAIM = "Enough messages repay it.";
const BATCH_CLAIM = "No batching within the kernel makes a message as cheap.";
const LATENCY_CLAIM = "What shortens a message's way most is that it goes past the kernel.";

/** Less than this a message is none: one call or trip in a thousand messages. */
const NONE = 0.001;
/** "High": ten times what two UDP sockets cost. */
const HIGH = 10;

/** Calls and trips of a message; null: not measured, or not counted. */
export interface Involvement {
  readonly calls: number | null;
  readonly trips: number | null;
}

export function involvementOf(measured: Measured, path: Path): Involvement {
  const known = (value: number): number | null => (Number.isFinite(value) ? value : null);
  const counted = measured.point(countedOf(path));
  return {
    calls: known(countOf(messageOf(measured, path) ?? counted, "calls")),
    trips: known(countOf(counted, "trips")),
  };
}

/** Any call decides it; that there is no trip must have been seen. */
function isUninvolved({ calls, trips }: Involvement): boolean | null {
  if ((calls ?? 0) >= NONE || (trips ?? 0) >= NONE) return false;
  return calls === null || trips === null ? null : true;
}

/** "1 call", "0.031 calls" */
export function several(value: number, what: string): string {
  return `${figure(value)} ${what}${value === 1 ? "" : "s"}`;
}

function involvement(
  claim: string,
  path: Path,
  measured: Measured,
  checks: readonly LabCheck[],
): JudgedClaim {
  const seen = involvementOf(measured, path);
  const { calls, trips } = seen;
  if (calls === null && trips === null) {
    return judge(claim, checks, decide(null, measured.missing(path.title) ?? "it was not counted"));
  }
  const said = (value: number | null, what: string) =>
    value === null ? `${what}s could not be counted` : several(value, what);
  const why =
    `a message through ${path.title}, ${BATCH} at once: ${said(calls, "system call")}; ` +
    said(trips, "network polling trip");
  return judge(claim, checks, decide(isUninvolved(seen), why));
}

/** The way past the kernel that stands for it: AF_XDP needs more privilege than packet_mmap. */
interface Past {
  readonly path: Path;
  readonly talk: Talk;
}
function pastOf(measured: Measured): Past {
  const isOnlyMmap =
    messageOf(measured, xdp) === undefined && messageOf(measured, mmap) !== undefined;
  return isOnlyMmap ? { path: mmap, talk: mmapTalk } : { path: xdp, talk: xdpTalk };
}

function construction({ path }: Past, measured: Measured, checks: readonly LabCheck[]) {
  const [own, sockets] = [measured.point(setUpOf(path)), measured.point(setUpOf(udp))];
  const times = timesDearer(own, sockets);
  const cost = measured.cost(setUpOf(path));
  const plain = measured.cost(setUpOf(udp));
  if (times === null || cost === null || plain === null) {
    const why = measured.missing(setUpOf(path)) ?? measured.missing(setUpOf(udp)) ?? "no rounds";
    return judge(DEAR_CLAIM, checks, decide(null, why));
  }
  const why =
    `both ends of ${path.title} take ${duration(cost.likely)} to set up, two UDP sockets ` +
    `${duration(plain.likely)}: ${figure(times.likely)} times as much`;
  return judge(DEAR_CLAIM, checks, decide(isAbove(times, HIGH), why));
}

/** "AF_XDP against UDP: after 12,000 messages" */
export function repaidText(path: Path, kernel: Path, found: Repaid): string {
  const against = `${path.title} against ${kernel.title}`;
  if (found.state === "unknown") return `${against} was not measured`;
  if (found.state === "after") {
    return `${against}: the set-up is repaid after ${figure(Math.ceil(found.messages.likely))} messages`;
  }
  const { low, high, likely } = found.loss;
  return low <= 0 && high >= 0
    ? `${against}: a message costs the same within the noise, so no number of them repays the set-up`
    : `${against}: never, each message costs ${duration(-likely)} more`;
}

function repayment({ path }: Past, measured: Measured, checks: readonly LabCheck[]) {
  const found = repaid(measured, path, udp);
  const gain = gainOf(measured, udp, path);
  const extra = extraSetUp(measured, path);
  if (found.state === "unknown" || gain === null || extra === null) {
    const why = measured.missing(path.title) ?? measured.missing(udp.title) ?? "no common rounds";
    return judge(REPAID_CLAIM, checks, decide(null, why));
  }
  const told = gain.low > 0 || gain.high < 0;
  return judge(
    REPAID_CLAIM,
    checks,
    decide(told ? found.state === "after" : null, repaidText(path, udp, found)),
  );
}

/** The cheapest of the kernel's own ways at BATCH messages. */
function cheapestKernel(measured: Measured): Path | null {
  const all = [udp, batched, segments, uring].flatMap((path) => {
    const cost = measured.cost(path.title, path.batches ? BATCH : 1);
    return cost === null ? [] : [{ path, ns: cost.likely }];
  });
  return all.toSorted((a, b) => a.ns - b.ns)[0]?.path ?? null;
}

function batching({ path }: Past, measured: Measured, checks: readonly LabCheck[]) {
  const best = cheapestKernel(measured);
  const own = messageOf(measured, path);
  const times = best === null ? null : timesDearer(messageOf(measured, best), own);
  const [kernel, past] = [
    best === null ? null : measured.cost(best.title, best.batches ? BATCH : 1),
    measured.cost(path.title, BATCH),
  ];
  if (best === null || times === null || kernel === null || past === null) {
    return judge(BATCH_CLAIM, checks, decide(null, measured.missing(path.title) ?? "no sockets"));
  }
  const why =
    `${BATCH} messages at once cost ${duration(kernel.likely)} each through ${best.title}, ` +
    `${duration(past.likely)} through ${path.title}`;
  return judge(BATCH_CLAIM, checks, decide(isAbove(times, 1), why));
}

/** Of what a way past the kernel that spins is quicker than UDP that sleeps, the share that spinning alone brings. */
function latency({ path, talk }: Past, measured: Measured, checks: readonly LabCheck[]) {
  const [slept, spun, past] = [asleep, spinning, talk].map(({ series }) => measured.cost(series));
  if (!slept || !spun || !past) {
    const why = [asleep, spinning, talk]
      .map(({ series }) => measured.missing(series))
      .find((one) => one !== null);
    return judge(LATENCY_CLAIM, checks, decide(null, why ?? "not all were measured"));
  }
  const gained = slept.likely - past.likely;
  const byPolling = (slept.likely - spun.likely) / gained;
  const why =
    `a message takes ${duration(slept.likely)} to UDP that sleeps, ${duration(spun.likely)} to UDP ` +
    `that spins, ${duration(past.likely)} to ${path.title} that spins` +
    (gained > 0 ? `: spinning alone is ${share(byPolling)} of the gain` : "");
  return judge(LATENCY_CLAIM, checks, decide(gained > 0 ? byPolling < 0.5 : null, why));
}

export function claimsOf(measured: Measured, checks: readonly LabCheck[]): JudgedClaim[] {
  const past = pastOf(measured);
  return [
    involvement(CLAIM, past.path, measured, checks),
    involvement(RING_CLAIM, ring, measured, checks),
    construction(past, measured, checks),
    repayment(past, measured, checks),
    batching(past, measured, checks),
    latency(past, measured, checks),
  ];
}

export function checksOf(measured: Measured): LabCheck[] {
  const sockets = measured.point(udp.title, 1);
  const message = measured.cost(udp.title, 1);
  return [
    ...orderCheck("null system call < a UDP message", measured.cost(NULL_CALL), message),
    ...orderCheck("shared ring < a UDP message", measured.cost(ring.title, BATCH), message),
    ...(sockets === undefined
      ? []
      : [{ check: "UDP makes 2 calls a message", holds: countOf(sockets, "calls") >= 2 }]),
    ...measured.linearity(),
  ];
}

/** What more memory adds to n*: its registration is repaid by the same difference. */
function memoryBreakEvens(measured: Measured, fits: Fits): BreakEven[] {
  const gain = gainOf(measured, udp, xdp);
  if (gain === null || !(gain.low > 0)) return [];
  return fits.registrations.flatMap(({ way, fitted: { fit } }) => {
    const mib = fit.prices[1];
    if (way.way !== "af_xdp" || mib === undefined) return [];
    const at = {
      low: mib.low / gain.high,
      likely: mib.likely / gain.likely,
      high: mib.high / gain.low,
    };
    const text =
      `each MiB more that is registered (${way.series}) takes ${figure(at.likely)} more messages ` +
      `of AF_XDP instead of UDP`;
    return [{ text, at, unit: "messages" }];
  });
}

export function breakEvensOf(measured: Measured, fits: Fits): BreakEven[] {
  const pairs: readonly (readonly [Path, Path])[] = [
    [xdp, udp],
    [xdp, batched],
    [xdp, segments],
    [mmap, udp],
    [ring, udp],
    [ring, segments],
  ];
  const setUps = pairs.flatMap(([path, kernel]) => {
    const found = repaid(measured, path, kernel);
    if (found.state === "unknown") return [];
    const at = found.state === "after" ? found.messages : null;
    return [{ text: `on this machine, ${repaidText(path, kernel, found)}`, at, unit: "messages" }];
  });
  return [...setUps, ...memoryBreakEvens(measured, fits)];
}
