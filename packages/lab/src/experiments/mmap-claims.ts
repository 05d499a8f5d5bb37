/** mmap-claims: what the chapter says of mappings and reads, judged by the points. */
import type { BreakEven, JudgedClaim, LabCheck } from "@crossbill/core";
import { type Contest, contest, ratiosOf } from "../contest.ts";
import { crossing } from "../crossing.ts";
import { intervalOver } from "../estimate.ts";
import { type Measured, orderCheck } from "../measured.ts";
import { bytes, duration, figure, share } from "../text.ts";
import { decide, judge } from "../verdict.ts";
import { type Fitted, mapPrices, pagesPerFault } from "./mmap-model.ts";
import {
  CHUNKED,
  KEPT,
  KEPT_STRIDE,
  MAP,
  MAP_SMALL,
  MIDDLE,
  PAGE,
  RANDOM,
  READ,
  READ_RANDOM,
  READ_SMALL,
  READ_STRIDE,
  READ_TMPFS,
  SPARSE,
  STRIDE,
  TMPFS,
  WINDOW,
} from "./mmap-points.ts";

export const CLAIM = "A loop of reads can be faster than a mapping, although it copies.";
const FAULT_CLAIM = "A mapping takes a minor fault for each new page.";
const LARGE_CLAIM = "For a large file the faults of a mapping outweigh the copy they save.";

/** Faults of the program's own may add as much to one for each page. */
const STRAY = 1.1;
/** A large file: beyond most caches, thousands of pages. */
const LARGE = 32 * 1024 * 1024;
/** Of points whose double work did not take double time, a run that is not disturbed has fewer. */
const MOST_BENT = 0.1;

/** Equal work by both ways: of a read, of a mapping, and how to call it. */
const pairs = [
  { read: READ, map: MAP, what: (x: number) => `a file of ${bytes(x)} read once` },
  {
    read: READ_SMALL,
    map: MAP_SMALL,
    what: (x: number) => `a file of ${bytes(x)} in single pages read once`,
  },
  { read: READ_STRIDE, map: STRIDE, what: (x: number) => `a line in every ${bytes(x)}` },
  { read: READ_RANDOM, map: RANDOM, what: (x: number) => `${bytes(x)} by random pages` },
  { read: READ_TMPFS, map: TMPFS, what: (x: number) => `${bytes(x)} of tmpfs` },
] as const;

export function contests(measured: Measured): Contest[] {
  return pairs.flatMap(({ read, map, what }) =>
    measured
      .series(read)
      .flatMap((one) => contest(what(one.x), ratiosOf(one, measured.point(map, one.x))) ?? []),
  );
}

export function checksOf(measured: Measured): LabCheck[] {
  const at = (series: string, x?: number) => measured.cost(series, x);
  const lone = pagesPerFault(measured.point(SPARSE, 1));
  const asked = measured.points.filter(({ linear }) => linear !== null);
  const bent = asked.filter(({ linear }) => linear === false).length;
  return [
    ...orderCheck(`${bytes(MIDDLE)}: ${KEPT} < ${MAP}`, at(KEPT, MIDDLE), at(MAP, MIDDLE)),
    ...orderCheck(`${bytes(MIDDLE)}: ${KEPT} < ${READ}`, at(KEPT, MIDDLE), at(READ, MIDDLE)),
    ...orderCheck(
      `${bytes(MIDDLE)}: read by 64 KiB < read by 4 KiB`,
      at(READ, MIDDLE),
      at(CHUNKED, PAGE),
    ),
    ...(Number.isFinite(lone)
      ? [{ check: "a page alone in its window is one fault", holds: lone > 1 / STRAY && lone <= 1 }]
      : []),
    ...(asked.length > 0
      ? [
          {
            check: "twice the calls take twice the time, at nine points of ten",
            holds: bent <= asked.length * MOST_BENT,
          },
        ]
      : []),
  ];
}

function faults(measured: Measured, checks: readonly LabCheck[]): JudgedClaim {
  const largest = (series: string) => measured.series(series).at(-1);
  const points = [largest(MAP_SMALL), largest(MAP)].filter((one) => one !== undefined);
  const counted = points.filter((one) => Number.isFinite(pagesPerFault(one)));
  const [first] = counted;
  if (first === undefined) {
    return judge(FAULT_CLAIM, checks, decide(null, "no mapping was measured"));
  }
  const pages = first.counts["pages"] ?? 0;
  const taken = first.counts["faults"] ?? 0;
  const why = `${figure(pages)} pages took ${figure(taken)} faults: one for every ${figure(pages / taken)} pages`;
  const holds = counted.every((one) => pagesPerFault(one) <= STRAY);
  return judge(FAULT_CLAIM, checks, decide(holds, why));
}

function readCanWin(all: readonly Contest[], checks: readonly LabCheck[]): JudgedClaim {
  if (all.length === 0) {
    return judge(CLAIM, checks, decide(null, "reads and mappings were not both measured"));
  }
  const decided = all.filter((one) => one.decided).toSorted((a, b) => b.ratio - a.ratio);
  const [best, worst] = [decided[0], decided.at(-1)];
  if (best === undefined || worst === undefined) {
    return judge(CLAIM, checks, decide(null, "nowhere do their costs differ by more than noise"));
  }
  const won = decided.filter(({ ratio }) => ratio > 1).length;
  const most = (one: Contest) =>
    one.ratio > 1
      ? `${one.what}, mapping costs ${figure(one.ratio)} reads`
      : `${one.what}, reading costs ${figure(1 / one.ratio)} mappings`;
  const why = `the read wins ${won} of ${decided.length} comparisons: ${most(best)}; ${most(worst)}`;
  return judge(CLAIM, checks, decide(won > 0, why));
}

function largeFile(measured: Measured, checks: readonly LabCheck[]): JudgedClaim {
  const of = (read: string, map: string): Contest | null => {
    const large = measured.series(read).filter(({ x }) => x >= LARGE);
    const ratios = large.flatMap((one) => ratiosOf(one, measured.point(map, one.x)));
    return contest("", ratios);
  };
  const [folios, single] = [of(READ, MAP), of(READ_SMALL, MAP_SMALL)];
  if (folios === null) {
    return judge(LARGE_CLAIM, checks, decide(null, "no large file was measured both ways"));
  }
  const apart = single === null ? "" : `, ${figure(single.ratio)} times when its pages lie singly`;
  const why = `mapping ${bytes(LARGE)} and more once costs ${figure(folios.ratio)} times reading it${apart}`;
  return judge(LARGE_CLAIM, checks, decide(folios.decided ? folios.ratio > 1 : null, why));
}

export function claimsOf(measured: Measured, checks: readonly LabCheck[]): JudgedClaim[] {
  return [
    readCanWin(contests(measured), checks),
    faults(measured, checks),
    largeFile(measured, checks),
  ];
}

/** From which size on a mapping is cheaper. */
export function sizeBreakEven(measured: Measured, read: string, map: string): BreakEven[] {
  const [usual, rival] = [measured.series(read), measured.series(map)];
  const [first, last] = [usual[0], usual.at(-1)];
  if (first === undefined || last === undefined || rival.length === 0) return [];
  const { at, always } = crossing(usual, rival);
  const file = read === READ ? "a file" : "a file whose pages lie singly in the page cache";
  const from = always
    ? `${file} is cheaper mapped than read from ${bytes(first.x)} on, the smallest measured`
    : `${file} read once is cheaper mapped than read from ${bytes(at?.likely ?? 0)} on`;
  const nowhere = `${file} read once is nowhere cheaper mapped up to ${bytes(last.x)}`;
  return [{ text: at === null ? nowhere : from, at, unit: "bytes" }];
}

/** How often a file must be gone through for a mapping to pay. */
function passesBreakEven(measured: Measured): BreakEven[] {
  const point = (series: string) => measured.point(series, WINDOW)?.values ?? [];
  const [map, read, kept] = [point(MAP), point(READ), point(KEPT)];
  const passes = map.flatMap((cost, round) => {
    const [again, use] = [read[round], kept[round]];
    if (again === undefined || use === undefined || !(again > use)) return [];
    return [(cost - use) / (again - use)];
  });
  const at = intervalOver(passes);
  if (at === null) return [];
  const text = `mapping a file of ${bytes(WINDOW)} pays when it is gone through more than ${figure(at.likely)} times`;
  return [{ text, at, unit: "passes" }];
}

/** How many pages a fault must map for a mapping to pay, when a file is used once. */
function windowBreakEven(
  measured: Measured,
  model: Fitted | null,
  read: string,
  map: string,
): BreakEven[] {
  const copied = measured.cost(read, MIDDLE)?.likely;
  const use = measured.cost(KEPT, MIDDLE)?.likely;
  const taken = pagesPerFault(measured.point(map, MIDDLE));
  if (model === null || copied === undefined || use === undefined || !Number.isFinite(taken))
    return [];
  const { fault, singlePages, folioPages } = mapPrices(model);
  const page = (map === MAP ? folioPages : singlePages)[0];
  if (fault === undefined || page === undefined) return [];
  const saved = (copied - use) / (MIDDLE / PAGE);
  const of = (f: number, p: number) => (saved > p ? f / (saved - p) : null);
  const likely = of(fault.likely, page.likely);
  const file = `${bytes(MIDDLE)}${map === MAP ? "" : " in single pages"} used once`;
  const unit = "pages a fault";
  if (likely === null) {
    return [{ text: `${file}: the read is cheaper even if faults were free`, at: null, unit }];
  }
  const at = {
    low: of(fault.low, page.low) ?? likely,
    likely,
    high: of(fault.high, page.high) ?? likely,
  };
  const needed = `a mapping pays when a fault maps more than ${figure(likely)} pages`;
  const text = `${file}: ${needed}; here it maps ${figure(taken)}`;
  return [{ text, at, unit }];
}

/** A line here and there. */
function strideBreakEven(measured: Measured): BreakEven[] {
  const cost = (series: string) => {
    const point = measured.point(series, WINDOW);
    const visits = point?.counts["pages"];
    return point === undefined || !visits
      ? null
      : (intervalOver(point.values)?.likely ?? 0) / visits;
  };
  const [map, read, kept] = [cost(STRIDE), cost(READ_STRIDE), cost(KEPT_STRIDE)];
  if (map === null || read === null || kept === null) return [];
  const uses = map > kept && read > kept ? (map - kept) / (read - kept) : null;
  const at = uses === null ? null : { low: uses, likely: uses, high: uses };
  const before = `a lone line costs ${duration(read)} by pread, ${duration(map)} by a fault`;
  const pays = uses === null ? "" : `: a mapping pays from ${figure(uses)} uses on`;
  const text = `${before}, ${duration(kept)} once it is mapped${pays}`;
  return [{ text, at, unit: "uses" }];
}

export function breakEvensOf(measured: Measured, map: Fitted | null): BreakEven[] {
  return [
    ...sizeBreakEven(measured, READ, MAP),
    ...sizeBreakEven(measured, READ_SMALL, MAP_SMALL),
    ...passesBreakEven(measured),
    ...windowBreakEven(measured, map, READ, MAP),
    ...windowBreakEven(measured, map, READ_SMALL, MAP_SMALL),
    ...strideBreakEven(measured),
  ];
}

/** "MAP_POPULATE: 12 % cheaper" for what no model is about. */
export function againstMapping(measured: Measured, series: string, x: number): string | null {
  const [one, usual] = [measured.cost(series, x)?.likely, measured.cost(MAP, x)?.likely];
  if (one === undefined || usual === undefined || !(usual > 0)) return null;
  const change = one / usual - 1;
  const faultsTaken = measured.point(series, x)?.counts["faults"];
  const took = faultsTaken === undefined ? "" : ` (${figure(faultsTaken)} faults)`;
  return `${series}, ${bytes(x)}: ${share(Math.abs(change))} ${change > 0 ? "dearer" : "cheaper"} than ${MAP}${took}`;
}
