/** scatter-points: which pieces are read by which mechanisms, and how their series are named. */
import type { Parameters } from "@crossbill/native";
import type { Point } from "../experiment.ts";

/** Pieces of a batch while their size or the gap between them varies. */
export const PIECES = 16;
/** Bytes of a piece while the number of pieces or the gap varies. */
export const SMALL = 64;
/** A page between two pieces: no page holds two of the small ones. */
export const GAP = 4096;
/** The most buffers of one vectored call (IOV_MAX): the largest batch of all. */
export const MOST_PIECES = 1024;
/** Pieces of the call whose bytes are looked at. */
export const LIST = 64;
const LARGE = 4096;

export interface Mechanism {
  readonly name: string;
  readonly mechanism: string;
  readonly parameters: Parameters;
}

export const pread: Mechanism = { name: "pread", mechanism: "scatter-pread", parameters: {} };
export const seekRead: Mechanism = {
  name: "lseek and read",
  mechanism: "scatter-pread",
  parameters: { by: "lseek-read" },
};
/** Fills one buffer for each piece, from one place in the file on. */
export const preadv: Mechanism = {
  name: "preadv, contiguous",
  mechanism: "scatter-preadv",
  parameters: {},
};
export const uring: Mechanism = { name: "io_uring", mechanism: "scatter-uring", parameters: {} };
/** The file is registered with the ring beforehand; then the buffers too, which pins them. */
export const uringFile: Mechanism = {
  name: "io_uring, fixed file",
  mechanism: "scatter-uring",
  parameters: { files: "registered" },
};
export const uringAll: Mechanism = {
  name: "io_uring, both fixed",
  mechanism: "scatter-uring",
  parameters: { files: "registered", buffers: "registered" },
};
export const aio: Mechanism = { name: "libaio", mechanism: "scatter-aio", parameters: {} };
export const mapping: Mechanism = {
  name: "a kept mapping",
  mechanism: "scatter-mapping",
  parameters: {},
};
export const through: Mechanism = {
  name: "reading through the gaps",
  mechanism: "scatter-through",
  parameters: {},
};

/** One call for a whole batch of pieces that lie apart. */
export const batches: readonly Mechanism[] = [uring, uringFile, uringAll, aio];
/** All that fetch pieces from anywhere, and the contiguous preadv beside them. */
export const all: readonly Mechanism[] = [pread, seekRead, preadv, ...batches, mapping];

/** The null system call of the same rounds, to tell the crossing from the kernel's work. */
export const CROSSING = "a null system call";
/** One preadv for pieces that lie apart, asked which bytes it brought. */
export const ASKED = "preadv, asked for scattered pieces";

export type By = "pieces" | "bytes" | "gap";
/** The name of a series: a mechanism, and what varies along it. */
export const seriesOf = ({ name }: Mechanism, by: By): string => `${name}, by ${by}`;

type Role = Point["role"];

function point(one: Mechanism, by: By, x: number, role: Role): Point {
  const varied = { pieces: PIECES, bytes: SMALL, gap: GAP, [by]: x };
  const { mechanism } = one;
  return {
    series: seriesOf(one, by),
    x,
    mechanism,
    parameters: { ...one.parameters, ...varied },
    role,
  };
}

/** Points of one mechanism along one amount: those the model sees, and those that judge it. */
function sweep(
  one: Mechanism,
  by: By,
  fit: readonly number[],
  heldOut: readonly number[],
): Point[] {
  return [
    ...fit.map((x) => point(one, by, x, "fit")),
    ...heldOut.map((x) => point(one, by, x, "held-out")),
  ];
}

export function plan(quick: boolean): Point[] {
  // Beyond the fitted points the held-out ones show where the model ends.
  const rest = quick ? [] : [3, 64];
  const batched = [preadv, ...batches].flatMap((one) => [
    ...sweep(one, "pieces", [1, 8, 256], [...rest, MOST_PIECES]),
    ...sweep(one, "bytes", [SMALL, LARGE, 16_384], quick ? [1024] : [512, 1024, 8192]),
  ]);
  return [
    ...batched,
    ...sweep(pread, "pieces", [], [1, ...rest, MOST_PIECES]),
    ...sweep(
      pread,
      "bytes",
      [SMALL, 1024, LARGE, 16_384],
      quick ? [2048] : [512, 2048, 8192, 65_536],
    ),
    ...sweep(seekRead, "bytes", [SMALL, LARGE, 16_384], quick ? [1024] : [1024, 8192]),
    ...[SMALL, LARGE].map((x) => point(mapping, "bytes", x, "shown")),
    ...sweep(pread, "gap", [], quick ? [65_536] : [0, 65_536, 1_048_576]),
    ...sweep(
      through,
      "gap",
      [0, 1024, 4096, 65_536],
      quick ? [16_384] : [256, 16_384, 262_144, 1_048_576],
    ),
    { series: CROSSING, x: 1, mechanism: "getppid", parameters: {}, role: "shown" },
    {
      series: ASKED,
      x: LIST,
      mechanism: preadv.mechanism,
      parameters: { pieces: LIST, bytes: SMALL, gap: GAP },
      role: "shown",
    },
  ];
}
