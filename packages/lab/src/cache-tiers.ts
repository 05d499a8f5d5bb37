/** cache-tiers: which sizes of copies live in which cache of this machine. */
import { readdirSync, readFileSync } from "node:fs";

/** One tier of copying: `measureBytes` is copied to price buffers of up to `upToBytes`. */
export interface CopyTier {
  readonly tier: string;
  readonly measureBytes: number;
  /** null: the last tier has no end. */
  readonly upToBytes: number | null;
}

export interface Cache {
  readonly level: number;
  readonly bytes: number;
}

/** What crossbill-measure copies at most. */
const MOST_BYTES = 64 << 20;
/** A memory copy is at least this long, even where the caches are said to be tiny. */
const FEWEST_MEMORY_BYTES = 16 << 20;
/** Where the kernel does not say: what small servers of the last ten years have at least. */
const USUAL_CACHES: readonly Cache[] = [
  { level: 1, bytes: 32 << 10 },
  { level: 2, bytes: 256 << 10 },
  { level: 3, bytes: 8 << 20 },
];

/** Bytes of sysfs' "32K" or "32M"; null for anything else. */
export function cacheBytes(text: string): number | null {
  const match = /^(\d{1,9})([KMG]?)$/.exec(text.trim());
  if (match === null) return null;
  const unit = { "": 0, K: 10, M: 20, G: 30 }[match[2] ?? ""] ?? 0;
  return Number(match[1]) * 2 ** unit;
}

/** Data and unified caches of the first CPU; the usual ones where sysfs has none. */
export function readCaches(): readonly Cache[] {
  const folder = "/sys/devices/system/cpu/cpu0/cache";
  const caches: Cache[] = [];
  try {
    for (const name of readdirSync(folder).filter((entry) => /^index\d+$/.test(entry))) {
      const read = (file: string): string => readFileSync(`${folder}/${name}/${file}`, "utf8");
      const bytes = cacheBytes(read("size"));
      const level = Number.parseInt(read("level"), 10);
      if (read("type").trim() !== "Instruction" && bytes && level > 0)
        caches.push({ level, bytes });
    }
  } catch {
    // Some guests hide the folder or files of it; what was read so far may do.
  }
  return caches.length > 0 ? caches.toSorted((a, b) => a.level - b.level) : USUAL_CACHES;
}

/**
 * The tiers to measure. A copy occupies its size twice (source and destination), so a cache of C
 * bytes serves buffers of up to C / 2, and is measured well inside that, at C / 4. Memory is
 * measured with a copy as large as the last cache, which both halves together overflow.
 */
export function copyTiers(caches: readonly Cache[]): CopyTier[] {
  const last = caches.at(-1)?.bytes ?? 0;
  const tiers = caches
    .filter((cache) => cache.bytes / 4 <= MOST_BYTES)
    .map(({ level, bytes }): CopyTier => {
      const name = level > 1 && bytes === last ? "LLC" : `L${level}`;
      return { tier: name, measureBytes: Math.floor(bytes / 4), upToBytes: Math.floor(bytes / 2) };
    });
  if (last <= MOST_BYTES) {
    const measureBytes = Math.max(last, FEWEST_MEMORY_BYTES);
    return [...tiers, { tier: "DRAM", measureBytes, upToBytes: null }];
  }
  // A cache that holds all we may copy: memory cannot be priced, the last tier stands for the rest.
  return tiers.map((tier, at) => (at === tiers.length - 1 ? { ...tier, upToBytes: null } : tier));
}
