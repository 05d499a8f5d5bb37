/** chunks-points: which reads are measured, and how their series are named. */
import { copyTiers } from "../cache-tiers.ts";
import type { Point, Scope } from "../experiment.ts";

export const HOT = "page cache, the same piece again";
export const LONG = "page cache, a long file";
export const TMPFS = "tmpfs";
export const ZERO = "/dev/zero";
export const DIRECT = "disk, O_DIRECT";
export const FRESH = "page cache into fresh memory";

const KIB = 1024;
const MIB = 1024 * KIB;
export const PAGE = 4 * KIB;
/** The largest chunk of all. */
const MOST = 16 * MIB;
/** Longer than the last cache of most machines; every chunk divides it. */
export const LONG_BYTES = 64 * MIB;
/** Bytes of fresh memory in each block: the pages of a smaller one would be warm from the last. */
const FRESH_BYTES = 4 * MIB;
const FRESH_BLOCKS = { full: 24, quick: 10 };
/** Reads this long are timed one by one; many of them in a block would tell nothing more. */
const LONG_READ = MIB;
const LONG_READS = { full: 40, quick: 10 };
/** Reads of the disk: enough for a median, few enough for a slow disk. */
const DIRECT_READS = { full: 24, quick: 6 };

/** Every second one is held out, so each is predicted from its neighbours. */
const fitted = [1, 64, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB, MOST];
const heldOut = [8, 512, 2 * KIB, 8 * KIB, 32 * KIB, 128 * KIB, 512 * KIB, 2 * MIB, 8 * MIB];

const some = {
  fitted: [1, 4 * KIB, 64 * KIB, 256 * KIB, MIB, MOST],
  heldOut: [KIB, 16 * KIB, 128 * KIB],
};
/** O_DIRECT wants whole blocks. */
const direct = {
  fitted: [4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB],
  heldOut: [32 * KIB, 512 * KIB],
};
const fresh = {
  fitted: [4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB],
  heldOut: [KIB, 32 * KIB, 512 * KIB],
};

/** Chunks of a series by role, smallest first. */
interface Sizes {
  readonly fitted: readonly number[];
  readonly heldOut: readonly number[];
}

/** Warm reads of one series; `parameters` says what else the mechanism is told. */
function warm(
  series: string,
  sizes: Sizes,
  quick: boolean,
  parameters: (bytes: number) => Point["parameters"],
): Point[] {
  const calls = quick ? LONG_READS.quick : LONG_READS.full;
  return sweep(series, sizes, (bytes) => ({
    parameters: parameters(bytes),
    ...(bytes < LONG_READ ? {} : { exactly: { calls, blockCalls: 1 } }),
    setUpMs: 12,
  }));
}

function sweep(series: string, sizes: Sizes, of: (bytes: number) => Partial<Point>): Point[] {
  const point = (bytes: number, role: Point["role"]): Point => {
    const { parameters, ...more } = of(bytes);
    return {
      ...{ series, x: bytes, mechanism: "read-chunk", role, seconds: 0.04 },
      parameters: { bytes, ...parameters },
      ...more,
    };
  };
  return [
    ...sizes.fitted.map((bytes) => point(bytes, "fit")),
    ...sizes.heldOut.map((bytes) => point(bytes, "held-out")),
  ];
}

export function chunkPoints({ quick, folder }: Pick<Scope, "quick" | "folder">): Point[] {
  const reads = quick ? DIRECT_READS.quick : DIRECT_READS.full;
  return [
    ...warm(HOT, { fitted, heldOut }, quick, (bytes) => ({ file: bytes })),
    ...warm(LONG, { fitted, heldOut }, quick, () => ({ file: LONG_BYTES, folder })),
    ...warm(TMPFS, some, quick, (bytes) => ({ source: "tmpfs", file: bytes })),
    ...warm(ZERO, some, quick, (bytes) => ({ source: "zero", file: bytes })),
    ...sweep(DIRECT, direct, () => ({
      parameters: { source: "direct", file: LONG_BYTES, folder },
      exactly: { calls: reads, blockCalls: 1 },
      estimator: "median",
      setUpMs: 60,
    })),
    ...sweep(FRESH, fresh, (bytes) => {
      const blockCalls = FRESH_BYTES / bytes;
      const calls = blockCalls * (quick ? FRESH_BLOCKS.quick : FRESH_BLOCKS.full);
      const parameters = { destination: "fresh", file: bytes };
      return { parameters, exactly: { calls, blockCalls }, setUpMs: 50 };
    }),
  ];
}

/** Where a tier of copying is measured: its copy price is interpolated between these. */
export interface Knot {
  readonly tier: string;
  readonly bytes: number;
}

/** The tiers of this machine within reach of our chunks, smallest first. */
export function knotsOf({ caches }: Pick<Scope, "caches">): readonly Knot[] {
  const all = copyTiers(caches).map(({ tier, measureBytes }) => ({
    tier,
    bytes: Math.min(measureBytes, MOST),
  }));
  return all.filter(({ bytes }, at) => bytes > (all[at - 1]?.bytes ?? 0));
}
