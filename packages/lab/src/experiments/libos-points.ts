/** libos-points: which dispatchers are measured, with how many calls and how much code behind. */
import type { Point, Scope } from "../experiment.ts";

export const KNOWN = "a plain call";
export const CROSSING = "a null system call";
export const CLOCK = "reading the clock (vDSO)";

export const ways = ["table", "hash", "switch", "binary"] as const;
export type Way = (typeof ways)[number];
export type Sequence = "cycle" | "random";

/** As a chart names it: "binary search, random". */
export function dispatchSeries(way: Way, sequence: Sequence): string {
  const words = { table: "table", hash: "hash", switch: "compare tree", binary: "binary search" };
  return `${words[way]}, ${sequence === "cycle" ? "predictable" : "random"}`;
}

export const FEWEST = 8;
export const MOST = 4096;
/** Powers of two, so that a search is equally deep for all of them. */
const numbers = [
  { n: FEWEST, role: "fit" },
  { n: 32, role: "held-out" },
  { n: 64, role: "fit" },
  { n: 256, role: "held-out" },
  { n: 1024, role: "fit" },
  { n: MOST, role: "fit" },
] as const;

/** Handlers that share few bodies: the dispatch alone is seen, and no misses of their code. */
const FEW_BODIES = 8;
export const SMALL_HANDLER = 64;

/** Handlers that each have their own body. */
export const bodies = [8, 64, 256, 1024, MOST] as const;
export const handlerBytes = [
  { size: SMALL_HANDLER, role: "fit" },
  { size: 128, role: "held-out" },
  { size: 256, role: "fit" },
  { size: 512, role: "held-out" },
  { size: 1024, role: "fit" },
  { size: 2048, role: "fit" },
] as const;

export const codeSeries = (n: number): string => `${n} handlers of their own`;

function dispatchPoints(quick: boolean): Point[] {
  return ways.flatMap((way) =>
    (["cycle", "random"] as const).flatMap((sequence) =>
      numbers
        .filter(({ n }) => !quick || sequence === "random" || n === FEWEST || n === MOST)
        .map(
          ({ n, role }): Point => ({
            series: dispatchSeries(way, sequence),
            x: n,
            mechanism: "library-call",
            parameters: { how: way, n, bodies: FEW_BODIES, handler: SMALL_HANDLER, sequence },
            role: sequence === "random" ? role : "shown",
          }),
        ),
    ),
  );
}

function codePoints(): Point[] {
  return bodies.flatMap((n) =>
    handlerBytes.map(
      ({ size, role }): Point => ({
        series: codeSeries(n),
        x: size,
        mechanism: "library-call",
        parameters: { how: "table", n, bodies: n, handler: size, sequence: "random" },
        role,
      }),
    ),
  );
}

export function libraryPoints({ quick }: Pick<Scope, "quick">): Point[] {
  const reference = (series: string, mechanism: string, parameters = {}): Point => ({
    ...{ series, x: 1, mechanism, parameters },
    role: "shown",
  });
  return [
    reference(KNOWN, "library-call", { how: "call" }),
    reference(CROSSING, "getppid"),
    reference(CLOCK, "timer"),
    ...dispatchPoints(quick),
    ...codePoints(),
  ];
}
