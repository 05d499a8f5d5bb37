/** choice: which mechanism moves the pieces, by what each would cost on this machine. */
import type { Prices } from "./prices.ts";

export const mechanisms = ["mapping", "uring", "through", "pread", "fs"] as const;

/**
 * The ways to read pieces: copying from a kept mapping, io_uring, reads that take in what lies
 * between near pieces, a read for each piece. "fs" is what Node has, where the native part is missing.
 */
export type Mechanism = (typeof mechanisms)[number];

/** What was chosen for a call, and why. */
export interface Explanation {
  readonly mechanism: Mechanism;
  /**
   * What the call is reckoned to cost, in nanoseconds of CPU time, which two threads may share;
   * without the first touch of new memory, and without waiting for a disk. Null when not reckoned.
   */
  readonly estimatedNs: number | null;
  /** The share of the asked-for pieces that were in the page cache; null when not asked. */
  readonly resident: number | null;
  /** One sentence. */
  readonly why: string;
  /** Whether the prices were measured on this machine by `crossbill calibrate`. */
  readonly prices: Prices["source"];
}

/** What the choice is made of. */
export interface Situation {
  readonly count: number;
  readonly bytes: number;
  readonly groups: number;
  readonly groupBytes: number;
  readonly size: number;
  readonly resident: number | null;
  /** Why a mapping or a ring is out of the question; null when it is not. */
  readonly noMapping: string | null;
  readonly noUring: string | null;
  /** The page tables of the mapping are filled already. */
  readonly isPopulated: boolean;
  /** The whole file is in memory, so that filling them reads nothing from a disk. */
  readonly mayPopulate: boolean;
  /** Nanoseconds that earlier calls paid because they were not. */
  readonly regretNs: number;
}

/** A choice, with what it means for the page tables. */
export interface Choice extends Explanation {
  readonly populate: boolean;
  /** What this call pays because the page tables are not filled. */
  readonly regretNs: number;
}

const PAGE_BYTES = 4096;
/** The kernel maps so many neighbours at a fault (fault_around_bytes, 64 KiB). */
const FAULT_AROUND_PAGES = 16;
/** A piece that no cache has, with the next ones fetched meanwhile: its pair read, checked, cut, copied. */
const MISS_NS = 20;
/**
 * What a request that goes to a disk costs beyond one that does not, and each of its bytes in the
 * page cache: 20,000 of 4 KiB took 112 ms of CPU, 160 MB in large reads 70 ms.
 */
const DISK_NS = 3500;
const DISK_BYTE_NS = 0.25;
/** Filling page tables in one go costs so much of a fault for each 16 pages. */
const POPULATE_SHARE = 0.5;

interface Offer {
  readonly mechanism: Mechanism;
  readonly ns: number;
  readonly why: string;
  readonly populate?: boolean;
}

const copyNs = (bytes: number, prices: Prices) => bytes * prices.byte;

/** Copying from the mapping, with page tables as they are or filled first: what pays in the long run. */
function mappingOffers(at: Situation, prices: Prices): Offer[] {
  const warmNs = at.count * MISS_NS + copyNs(at.bytes, prices);
  if (at.isPopulated)
    return [{ mechanism: "mapping", ns: warmNs, why: "no system call and no fault for a piece" }];
  const pages = Math.ceil(at.size / PAGE_BYTES);
  const touched = Math.min(at.count + at.bytes / PAGE_BYTES, pages / FAULT_AROUND_PAGES);
  const populateNs = (pages / FAULT_AROUND_PAGES) * prices.fault * POPULATE_SHARE;
  const offers: Offer[] = [
    { mechanism: "mapping", ns: warmNs + touched * prices.fault, why: "few pages to fault in" },
  ];
  // Renting or buying a ski: once the calls before have paid as much, buy.
  if (at.mayPopulate)
    offers.push({
      mechanism: "mapping",
      ns: warmNs + Math.max(0, populateNs - at.regretNs),
      populate: true,
      why: "page tables are filled once, later pieces cost no fault",
    });
  return offers;
}

function readOffers(at: Situation, prices: Prices): Offer[] {
  const why = "near pieces are read together";
  const offers: Offer[] = [
    {
      mechanism: "pread",
      ns: at.count * prices.read + copyNs(at.bytes, prices),
      why: "a read for each piece is cheapest for so few",
    },
  ];
  if (at.groups < at.count)
    offers.push({
      mechanism: "through",
      ns: at.groups * prices.read + copyNs(at.groupBytes + at.bytes, prices),
      why,
    });
  return offers;
}

/** Pieces that must come from a disk: what counts is how many of them are under way. */
function coldChoice(at: Situation, prices: Prices): Offer {
  const cold = 1 - (at.resident ?? 0);
  const readNs = (requests: number, bytes: number) =>
    requests * (prices.request + cold * DISK_NS) +
    bytes * cold * DISK_BYTE_NS +
    copyNs(bytes, prices);
  if (at.groups * 4 <= at.count) {
    const ns = readNs(at.groups, at.groupBytes) + copyNs(at.bytes, prices);
    return { mechanism: "through", ns, why: "the disk reads near pieces together" };
  }
  const ns = readNs(at.count, at.bytes);
  if (at.count > 1 && at.noUring === null)
    return { mechanism: "uring", ns, why: "a queue of requests keeps the disk busy" };
  const why = at.count > 1 ? `one read after the other: ${at.noUring}` : "it is a single piece";
  return { mechanism: "pread", ns, why };
}

/** The cheapest way for a call. */
export function chooseMechanism(at: Situation, prices: Prices): Choice {
  const isWarm = at.resident === null || at.resident === 1;
  const offers = [...readOffers(at, prices), ...(at.noMapping ? [] : mappingOffers(at, prices))];
  const best = isWarm ? offers.reduce((a, b) => (b.ns < a.ns ? b : a)) : coldChoice(at, prices);
  const unmapped = isWarm && at.noMapping !== null ? `; no mapping: ${at.noMapping}` : "";
  const warm = at.count * MISS_NS + copyNs(at.bytes, prices);
  return {
    mechanism: best.mechanism,
    estimatedNs: Math.round(best.ns),
    resident: at.resident,
    why: best.why + unmapped,
    prices: prices.source,
    populate: best.populate === true,
    regretNs: isWarm && !at.isPopulated ? Math.max(0, best.ns - warm) : 0,
  };
}
