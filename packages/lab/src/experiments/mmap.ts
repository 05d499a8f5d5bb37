/** mmap: a file read in a loop against the same file mapped. */
import type { Analysis, Chart, FittedParameter, Interval } from "@crossbill/core";
import { crossing } from "../crossing.ts";
import { intervalOver } from "../estimate.ts";
import type { Experiment } from "../experiment.ts";
import { type Measured, modelLine } from "../measured.ts";
import { differences, through } from "../paired.ts";
import { bytes, duration } from "../text.ts";
import { againstMapping, breakEvensOf, CLAIM, checksOf, claimsOf } from "./mmap-claims.ts";
import {
  type Fitted,
  fitMap,
  fitRead,
  mapPrices,
  pagesPerFault,
  predictMap,
  predictRead,
  predictSparsePage,
  readPrices,
} from "./mmap-model.ts";
import {
  ADVISE,
  KEPT,
  KEPT_STRIDE,
  knots,
  LATER,
  MAP,
  MAP_HUGE,
  MAP_SMALL,
  MIDDLE,
  mmapPoints,
  PAGE,
  POPULATE,
  pageKnots,
  READ,
  READ_SMALL,
  READ_STRIDE,
  SPARSE,
  SPARSE_BYTES,
  STRIDE,
  STRIDED,
} from "./mmap-points.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
/** Rows of the table. */
const rows = [64 * KIB, 1 * MIB, 4 * MIB, 16 * MIB, 64 * MIB];

function parametersOf(
  measured: Measured,
  read: Fitted | null,
  map: Fitted | null,
): FittedParameter[] {
  const of = (symbol: string, meaning: string, unit: string, value: Interval | null | undefined) =>
    value ? [{ symbol, meaning, unit, value }] : [];
  const at = (
    over: readonly number[],
    prices: readonly Interval[] | undefined,
    [symbol, meaning, unit]: readonly [string, string, string],
    times = 1,
  ) =>
    over.flatMap((knot, index) => {
      const price = prices?.[index];
      const value = price && through(price, (ns) => ns * times);
      return of(`${symbol}(${bytes(knot)})`, `${meaning} ${bytes(knot)}`, unit, value);
    });
  const reading = read === null ? null : readPrices(read);
  const mapping = map === null ? null : mapPrices(map);
  const unmapped = differences(measured.point(MAP_SMALL, MIDDLE), [measured.point(LATER)]);
  const u = intervalOver(unmapped.map((ns) => ns / (MIDDLE / PAGE)));
  return [
    ...of("s", "a read, before its bytes", "ns", reading?.call),
    ...at(pageKnots, reading?.pages, ["g", "looking up a lone page of", "ns"]),
    ...at(knots, reading?.bytes, ["b", "copying and using a file of", "ns/KiB"], KIB),
    ...of("M", "mapping and unmapping a file", "ns", mapping?.mapping),
    ...of("f", "a fault, before its pages", "ns", mapping?.fault),
    ...at(pageKnots, mapping?.singlePages, ["p", "mapping, unmapping a lone page of", "ns"]),
    ...at(pageKnots, mapping?.folioPages, ["q", "the same in a large folio, of", "ns"]),
    ...of("u", `of p(${bytes(MIDDLE)}), the unmapping`, "ns", u),
    ...at(knots, mapping?.bytes, ["b'", "using in place a file of", "ns/KiB"], KIB),
  ];
}

function tableOf(measured: Measured): Analysis["table"] {
  const cost = (series: string, x: number) => {
    const found = measured.cost(series, x);
    return found === null ? "not measured" : duration(found.likely);
  };
  return {
    columns: ["file", "read", "mapped", "read, apart", "mapped, apart", "mapped before"],
    rows: rows.map((x) => [
      bytes(x),
      ...[READ, MAP, READ_SMALL, MAP_SMALL, KEPT].map((series) => cost(series, x)),
    ]),
  };
}

/** A file used once, a byte's cost by its size. */
function sizeChart(measured: Measured, read: Fitted | null, map: Fitted | null): Chart {
  const perKib = (ns: number, { x }: { x: number }) => (ns / x) * KIB;
  const xs = measured.series(READ).map(({ x }) => x);
  const perFault = pagesPerFault(measured.point(MAP, MIDDLE));
  const models = [
    ...(read === null
      ? []
      : [modelLine("model: read", xs, (x) => (predictRead(read, x) / x) * KIB)]),
    ...(map === null || !Number.isFinite(perFault)
      ? []
      : [modelLine("model: mapped", xs, (x) => (predictMap(map, x, perFault) / x) * KIB)]),
  ];
  const { at, always } = crossing(measured.series(READ), measured.series(MAP));
  return {
    title: "A file used once: read or mapped",
    x: { label: "size of the file", unit: "B", log: true },
    y: { label: "time a KiB", unit: "ns", log: true },
    series: [
      ...[READ, MAP, READ_SMALL, MAP_SMALL, MAP_HUGE, KEPT].map((name) =>
        measured.line(name, perKib),
      ),
      ...models,
    ],
    marks: at === null || always ? [] : [{ x: at.likely, label: "mapped is cheaper" }],
  };
}

/** What a page costs by how many of them a fault maps. */
function faultChart(measured: Measured, map: Fitted | null): Chart {
  const pages = SPARSE_BYTES / PAGE;
  const model =
    map === null ? [] : [modelLine("model", [1, 2, 4, 8, 16], (x) => predictSparsePage(map, x))];
  return {
    title: "What a mapped page costs by the pages that a fault maps",
    x: { label: "pages a fault", unit: "", log: true },
    y: { label: "time a page", unit: "ns", log: true },
    series: [measured.line(SPARSE, (ns) => ns / pages), ...model],
    marks: [],
  };
}

function strideChart(measured: Measured): Chart {
  const each = (ns: number, { x }: { x: number }) => ns / (STRIDED / x);
  return {
    title: "A line of 64 B here and there",
    x: { label: "distance", unit: "B", log: true },
    y: { label: "time a line", unit: "ns", log: true },
    series: [READ_STRIDE, STRIDE, KEPT_STRIDE].map((name) => measured.line(name, each)),
    marks: [],
  };
}

function drawn(chart: Chart): Chart[] {
  const series = chart.series.filter(({ points }) => points.length > 0);
  return series.some(({ kind }) => kind === "measured") ? [{ ...chart, series }] : [];
}

function notesOf(measured: Measured): string[] {
  const absent = [READ, MAP, KEPT, SPARSE, POPULATE, ADVISE].flatMap((series) => {
    const why = measured.missing(series);
    return why === null ? [] : [`${series}: ${why}`];
  });
  const compared = [
    againstMapping(measured, POPULATE, MIDDLE),
    againstMapping(measured, ADVISE, MIDDLE),
    againstMapping(measured, MAP_HUGE, MIDDLE),
  ].filter((text) => text !== null);
  return [...absent, ...compared];
}

function analyse(measured: Measured): Analysis {
  const [read, map] = [fitRead(measured), fitMap(measured)];
  const checks = checksOf(measured);
  return {
    parameters: parametersOf(measured, read, map),
    models: [read, map].flatMap((one) => (one === null ? [] : [one.model])),
    breakEvens: breakEvensOf(measured, map),
    claims: claimsOf(measured, checks),
    checks,
    table: tableOf(measured),
    charts: [
      sizeChart(measured, read, map),
      faultChart(measured, map),
      strideChart(measured),
    ].flatMap(drawn),
    notes: notesOf(measured),
  };
}

export const mmap: Experiment = {
  name: "mmap",
  title: "Mapping against reading",
  question: "Is a file cheaper read in a loop or mapped, by size, passes and pattern?",
  claim: CLAIM,
  background: [
    "A read copies: the kernel finds the pages of the file in the page cache one after " +
      "another and copies them into the program's buffer. Its cost is T_read = N/c s + pages " +
      "g + N b, for N bytes in chunks of c: the calls, the look-ups of pages that lie " +
      "singly, and the bytes, copied and then used out of a buffer that stays near the " +
      "processor.",
    "A mapping copies nothing. It pays for the call that maps and the one that unmaps (M), " +
      "for each fault (f), for each page that enters and leaves the page table (p), and for " +
      "using the bytes where they lie, away from the processor (b'): T_mmap = M + faults f + " +
      "pages p + passes N b'. Only the last part is paid again at a second pass.",
    "A fault on a file does not map one page only. Since version 3.15 Linux maps what it " +
      "finds in the page cache around the faulting address, 64 KiB by default " +
      "(fault_around_bytes in mm/memory.c). The lab makes files of which 1, 2, 4 or 8 pages " +
      "in every 64 KiB are cached, so that a fault maps exactly so many: that tells the " +
      "price of a fault from that of a page, and shows what a machine would pay that maps " +
      "page by page.",
    "How the pages came into the cache matters to both. File systems with large folios " +
      "(XFS for years, ext4 since 6.16) keep what is written at once together, and map and " +
      "find it together; a folio of 2 MiB is mapped by one entry. The lab writes its files " +
      "by 64 KiB, by single pages, and by 2 MiB, counts the faults, and says which of them " +
      "it compares.",
    "MAP_POPULATE and MADV_POPULATE_READ (since 5.14) take all faults in one call. They " +
      "save the entry into the kernel, not the mapping of pages.",
  ],
  budgetSeconds: 45,
  plan: mmapPoints,
  analyse,
};
