/** mmap-points: what is measured of mappings and of reads of the same file. */
import type { Parameters } from "@crossbill/native";
import type { Point, Scope } from "../experiment.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
export const PAGE: number = 4 * KIB;

export const READ = "read in a loop";
export const READ_SMALL = "read, pages apart";
export const MAP = "mapped";
export const MAP_SMALL = "mapped, pages apart";
export const MAP_HUGE = "mapped, written by 2 MiB";
export const KEPT = "mapped before";
export const CHUNKED = "read by chunk";
export const SPARSE = "mapped, some pages cached";
export const PASSES = "mapped, many passes";
export const READ_PASSES = "read, many passes";
export const LATER = "mapped, not unmapped";
export const POPULATE = "mapped with MAP_POPULATE";
export const ADVISE = "mapped, MADV_POPULATE_READ";
export const RANDOM = "mapped, random pages";
export const READ_RANDOM = "read, random pages";
export const STRIDE = "mapped, a line each stride";
export const READ_STRIDE = "read, a line each stride";
export const KEPT_STRIDE = "mapped before, a line each stride";
export const TMPFS = "mapped, tmpfs";
export const READ_TMPFS = "read, tmpfs";

/** What a byte costs is fitted at these sizes and interpolated between them. */
export const knots: readonly number[] = [256 * KIB, 4 * MIB, 16 * MIB, 64 * MIB];
/** The same for what a page costs: what the kernel notes of it lies in the caches as well. */
export const pageKnots: readonly number[] = [4 * MIB, 64 * MIB];
const fitted = [64 * KIB, 256 * KIB, 1 * MIB, 4 * MIB, 16 * MIB, 64 * MIB];
const heldOut = [128 * KIB, 512 * KIB, 2 * MIB, 8 * MIB, 32 * MIB, 96 * MIB];
/** Where series other than the sizes are measured: beyond the second-level cache of most. */
export const MIDDLE: number = 4 * MIB;
/** Cached bytes of the sparse files; with one page a window they span sixteen times as much. */
export const SPARSE_BYTES: number = 1 * MIB;
/** The usual chunk of a read, and what Linux maps around a fault. */
export const WINDOW: number = 64 * KIB;
/** The file that is strided over. */
export const STRIDED: number = 16 * MIB;
export const strides: readonly number[] = [4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, 1 * MIB];
const LINE = 64;

/** From here on a call takes milliseconds, and a few of them are enough. */
const LONG = 8 * MIB;
const LONG_CALLS = { full: 5, quick: 2 };

type Draft = Omit<Point, "seconds" | "exactly" | "setUpMs">;

function draft(
  series: string,
  x: number,
  mechanism: "file-map" | "file-read",
  parameters: Parameters,
  role: Point["role"] = "shown",
): Draft {
  return { series, x, mechanism, parameters, role };
}

/** How long a point is timed, by what it moves in a call. */
function timed(point: Draft, quick: boolean): Point {
  const { parameters } = point;
  const moved = Number(parameters["bytes"]) * Number(parameters["passes"] ?? 1);
  if (moved < LONG || parameters["step"] !== undefined) return { ...point, seconds: 0.03 };
  const calls = LONG_CALLS[quick ? "quick" : "full"];
  // Writing the file, at about 1 GB/s.
  return { ...point, exactly: { calls, blockCalls: 1 }, setUpMs: moved / MIB };
}

const small = { piece: PAGE };

/** Files used from end to end once, by size. */
function sizes(quick: boolean): Draft[] {
  const held = quick ? [128 * KIB, 2 * MIB] : heldOut;
  const all = [
    ...fitted.map((bytes) => [bytes, "fit"] as const),
    ...held.map((bytes) => [bytes, "held-out"] as const),
  ];
  const each = all.flatMap(([bytes, role]) => [
    draft(READ, bytes, "file-read", { bytes }, role),
    draft(READ_SMALL, bytes, "file-read", { bytes, ...small }, role),
    draft(MAP, bytes, "file-map", { bytes }, role),
    draft(MAP_SMALL, bytes, "file-map", { bytes, ...small }, role),
  ]);
  const kept = [64 * KIB, ...knots].map((bytes) =>
    draft(KEPT, bytes, "file-map", { bytes, way: "kept" }, "fit"),
  );
  return [...each, ...kept];
}

/** What tells the prices apart: calls without more bytes, faults without more pages... */
function priced(): Draft[] {
  const role = (x: number, held: readonly number[]) => (held.includes(x) ? "held-out" : "fit");
  const chunked = [4 * KIB, 8 * KIB, 16 * KIB, 32 * KIB].map((visit) =>
    draft(CHUNKED, visit, "file-read", { bytes: MIDDLE, visit }, role(visit, [8 * KIB, 32 * KIB])),
  );
  const sparse = [1, 2, 4, 8].map((pages) => {
    const parameters = { bytes: SPARSE_BYTES, cached: pages * PAGE, ...small };
    return draft(SPARSE, pages, "file-map", parameters, role(pages, [2, 8]));
  });
  const passes = [2, 4, 8, 16].map((times) =>
    draft(PASSES, times, "file-map", { bytes: MIDDLE, passes: times }, role(times, [4, 16])),
  );
  return [...chunked, ...sparse, ...passes];
}

/** Ways that no model is about. */
function shown(quick: boolean): Draft[] {
  const bytes = MIDDLE;
  const visit = PAGE;
  const order = "random";
  const usual = [
    draft(POPULATE, bytes, "file-map", { bytes, way: "populate" }),
    draft(ADVISE, bytes, "file-map", { bytes, way: "advise" }),
    draft(MAP_HUGE, bytes, "file-map", { bytes, piece: 2 * MIB }),
    draft(LATER, bytes, "file-map", { bytes, unmap: "later", ...small }),
    draft(RANDOM, bytes, "file-map", { bytes, visit, order }),
    draft(READ_RANDOM, bytes, "file-read", { bytes, visit, order }),
  ];
  if (quick) return usual;
  return [
    ...usual,
    ...[256 * KIB, 64 * MIB].flatMap((size) => [
      draft(POPULATE, size, "file-map", { bytes: size, way: "populate" }),
      draft(ADVISE, size, "file-map", { bytes: size, way: "advise" }),
      draft(MAP_HUGE, size, "file-map", { bytes: size, piece: 2 * MIB }),
    ]),
    draft(TMPFS, bytes, "file-map", { bytes, kind: "memory" }),
    draft(READ_TMPFS, bytes, "file-read", { bytes, kind: "memory" }),
    ...[2, 8].map((passes) => draft(READ_PASSES, passes, "file-read", { bytes, passes })),
  ];
}

function strided(quick: boolean): Draft[] {
  const steps = quick ? [PAGE, WINDOW] : strides;
  return steps.flatMap((step) => {
    const parameters = { bytes: STRIDED, visit: LINE, step };
    return [
      draft(STRIDE, step, "file-map", parameters),
      draft(READ_STRIDE, step, "file-read", parameters),
      draft(KEPT_STRIDE, step, "file-map", { ...parameters, way: "kept" }),
    ];
  });
}

export function mmapPoints({ quick }: Pick<Scope, "quick">): Point[] {
  const all = [...sizes(quick), ...priced(), ...strided(quick), ...shown(quick)];
  return all.map((one) => timed(one, quick));
}
