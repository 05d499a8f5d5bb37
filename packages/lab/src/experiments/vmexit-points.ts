/** vmexit-points: the exits that can be had from where we are, and the points that price them. */
import type { Parameters } from "@crossbill/native";
import type { Point, Scope } from "../experiment.ts";

export const LOOP = "the empty loop";
export const CALL = "a null system call";
export const CPUID = "CPUID";
export const CPUID_MEDIAN = "CPUID, median";
export const GUEST = "guest call";
export const GUEST_MONITORED = "guest call, monitored";
export const PROCESS = "process call";
export const PROCESS_MONITORED = "process call, monitored";

/** A world in which code calls a handler, watched or not. */
export interface World {
  readonly plain: string;
  readonly monitored: string;
  readonly mechanism: string;
}
export const guest: World = { plain: GUEST, monitored: GUEST_MONITORED, mechanism: "guest-call" };
export const process: World = {
  plain: PROCESS,
  monitored: PROCESS_MONITORED,
  mechanism: "page-trap",
};

/**
 * Calls of one entry; the held-out ones between the fitted ones and beyond them. Fewer when they are
 * watched, or one entry would outlast what a busy machine gives at a time.
 */
const calls = {
  plain: {
    full: { fit: [4, 32, 128], heldOut: [16, 64, 256] },
    quick: { fit: [4, 128], heldOut: [32] },
  },
  monitored: {
    full: { fit: [1, 4, 16], heldOut: [2, 8, 32] },
    quick: { fit: [4, 32], heldOut: [16] },
  },
};
const SECONDS = 0.1;
/** An exit is bimodal on many machines: more blocks, to see both modes. */
const CPUID_SECONDS = 0.3;

function single(series: string, mechanism: string, more: Partial<Point> = {}): Point {
  const seconds = SECONDS;
  return { series, x: 1, mechanism, parameters: {}, role: "shown", seconds, ...more };
}

function pointsOf({ plain, monitored, mechanism }: World, quick: boolean): Point[] {
  const mode = quick ? "quick" : "full";
  const point = (series: string, x: number, role: Point["role"], more: Parameters): Point => ({
    ...{ series, x, mechanism, role, seconds: SECONDS },
    parameters: { calls: x, ...more },
  });
  return [
    { series: plain, of: calls.plain[mode], parameters: {} },
    { series: monitored, of: calls.monitored[mode], parameters: { monitored: 1 } },
  ].flatMap(({ series, of, parameters }) => [
    ...of.fit.map((x) => point(series, x, "fit", parameters)),
    ...of.heldOut.map((x) => point(series, x, "held-out", parameters)),
  ]);
}

export function planExits({ quick }: Pick<Scope, "quick">): Point[] {
  return [
    single(LOOP, "null"),
    single(CALL, "getppid"),
    single(CPUID, "cpuid", { seconds: CPUID_SECONDS }),
    single(CPUID_MEDIAN, "cpuid", { seconds: CPUID_SECONDS, estimator: "median" }),
    ...pointsOf(guest, quick),
    ...pointsOf(process, quick),
  ];
}
