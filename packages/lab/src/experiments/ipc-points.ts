/** ipc-points: the ways in which two processes exchange messages, and what is measured of each. */
import type { Parameters } from "@crossbill/native";
import type { Point, Scope } from "../experiment.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

export interface Way {
  readonly name: string;
  readonly mechanism: "message-pipe" | "message-socket" | "message-ring";
  readonly parameters: Parameters;
  /** Copied by the kernel, both ways; or written and read in memory that both sides map. */
  readonly kind: "pipe" | "socket" | "ring";
  /** Never sleeps: useless on one CPU, where the other side cannot run meanwhile. */
  readonly spinsForEver?: boolean;
  readonly mostBytes?: number;
}

export const PIPE = "pipe";
export const STREAM = "Unix stream";
export const FUTEX = "ring, futex";
export const SPIN = "ring, spin";

/** Linux gives a packet socket room for about 200 KiB (net.core.wmem_default). */
const MOST_PACKET = 64 * KIB;

export const ways: readonly Way[] = [
  { name: PIPE, mechanism: "message-pipe", parameters: {}, kind: "pipe" },
  { name: STREAM, mechanism: "message-socket", parameters: { kind: "stream" }, kind: "socket" },
  {
    name: "Unix seqpacket",
    mechanism: "message-socket",
    parameters: { kind: "seqpacket" },
    kind: "socket",
    mostBytes: MOST_PACKET,
  },
  {
    name: "TCP loopback",
    mechanism: "message-socket",
    parameters: { kind: "tcp" },
    kind: "socket",
  },
  { name: FUTEX, mechanism: "message-ring", parameters: { wait: "futex" }, kind: "ring" },
  {
    name: "ring, eventfd",
    mechanism: "message-ring",
    parameters: { wait: "eventfd" },
    kind: "ring",
  },
  {
    name: "ring, spin then futex",
    mechanism: "message-ring",
    parameters: { wait: "spin-futex" },
    kind: "ring",
  },
  {
    name: SPIN,
    mechanism: "message-ring",
    parameters: { wait: "spin" },
    kind: "ring",
    spinsForEver: true,
  },
];

/** Where the two processes run. */
export const placements = [
  { name: "two CPUs", cpu: "other" },
  { name: "one CPU", cpu: "same" },
] as const;
export type Placement = (typeof placements)[number]["name"];

export const seriesOf = (way: Way, placement: Placement): string => `${way.name}, ${placement}`;
export const oneWayOf = (way: Way): string => `${way.name}, one way`;
/** Two calls without anybody to wait for. */
export const ALONE = "write and read by one process";
/** What a spinner does to a side that needs its CPU. */
export const STARVED = "ring, spin, one CPU";

/** The smallest message: nothing but its synchronisation. */
export const SMALL = 1;

interface Sizes {
  readonly fit: readonly number[];
  readonly heldOut: readonly number[];
}

const sizes: Readonly<Record<Placement, { readonly full: Sizes; readonly quick: Sizes }>> = {
  "two CPUs": {
    full: {
      fit: [SMALL, 256, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, 1 * MIB, 4 * MIB, 16 * MIB],
      heldOut: [64, 1 * KIB, 32 * KIB, 128 * KIB, 512 * KIB],
    },
    quick: {
      fit: [SMALL, 256, 4 * KIB, 16 * KIB, 64 * KIB, 1 * MIB],
      heldOut: [64, 1 * KIB, 32 * KIB],
    },
  },
  "one CPU": {
    full: {
      fit: [SMALL, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, 1 * MIB, 4 * MIB, 16 * MIB],
      heldOut: [1 * KIB, 32 * KIB, 128 * KIB, 512 * KIB],
    },
    quick: { fit: [SMALL, 4 * KIB, 16 * KIB, 64 * KIB, 1 * MIB], heldOut: [1 * KIB, 32 * KIB] },
  },
};

/** What a byte costs is fitted at those of these sizes that are measured. */
export const knots: readonly number[] = [16 * KIB, 64 * KIB, 1 * MIB, 4 * MIB, 16 * MIB];

/** From here on a message takes tens of microseconds, and a few of them are enough. */
const LONG = 256 * KIB;
/** Bytes that a long point moves in all, and the fewest messages; a message goes each way. */
const LONG_BYTES = { full: 8 * MIB, quick: 4 * MIB };
const FEWEST_CALLS = { full: 4, quick: 3 };
const RING_DEPTH = 16;
/** Blocks of one-way messages: long enough that the one answer at the end does not show. */
const ONE_WAY = { blocks: 8, bytes: 4 * MIB, most: 1000 };

function pingPong(
  way: Way,
  placement: Placement,
  bytes: number,
  role: Point["role"],
  quick: boolean,
): Point {
  const cpu = placements.find(({ name }) => name === placement)?.cpu ?? "other";
  const parameters = { ...way.parameters, bytes, cpu };
  const point = { series: seriesOf(way, placement), x: bytes, mechanism: way.mechanism, role };
  if (bytes < LONG) return { ...point, parameters, seconds: 0.02 };
  const mode = quick ? "quick" : "full";
  const calls = Math.max(FEWEST_CALLS[mode], Math.round(LONG_BYTES[mode] / bytes));
  return { ...point, parameters, exactly: { calls, blockCalls: 1 }, setUpMs: bytes / MIB + 10 };
}

function exchanged(placement: Placement, quick: boolean): Point[] {
  const { fit, heldOut } = sizes[placement][quick ? "quick" : "full"];
  return ways
    .filter(({ spinsForEver }) => placement === "two CPUs" || spinsForEver !== true)
    .flatMap((way) => {
      const fits = (bytes: number) => bytes <= (way.mostBytes ?? Number.POSITIVE_INFINITY);
      return [
        ...fit.filter(fits).map((bytes) => pingPong(way, placement, bytes, "fit", quick)),
        ...heldOut.filter(fits).map((bytes) => pingPong(way, placement, bytes, "held-out", quick)),
      ];
    });
}

function oneWay(quick: boolean): Point[] {
  const all = quick ? [64] : [64, 4 * KIB, 64 * KIB];
  return ways.flatMap((way) =>
    all.map((bytes): Point => {
      const depth = way.kind === "ring" ? { depth: RING_DEPTH } : {};
      const parameters = { ...way.parameters, ...depth, bytes, pattern: "one-way" };
      const blockCalls = Math.min(ONE_WAY.most, ONE_WAY.bytes / bytes);
      const exactly = { calls: blockCalls * ONE_WAY.blocks, blockCalls };
      const { mechanism } = way;
      return { series: oneWayOf(way), x: bytes, mechanism, parameters, role: "shown", exactly };
    }),
  );
}

export function ipcPoints({ quick }: Pick<Scope, "quick">): Point[] {
  const starved: Point = {
    series: STARVED,
    x: SMALL,
    mechanism: "message-ring",
    parameters: { wait: "spin", cpu: "same", bytes: SMALL },
    role: "shown",
    exactly: { calls: 3, blockCalls: 1 },
    setUpMs: 50,
  };
  return [
    ...exchanged("two CPUs", quick),
    ...exchanged("one CPU", quick),
    ...oneWay(quick),
    { series: ALONE, x: SMALL, mechanism: "pipe-pair", parameters: {}, role: "shown" },
    starved,
  ];
}
