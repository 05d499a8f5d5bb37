/** The rings topic's points: four servers and six ways to read a disk, from one at a time to 256. */
import type { Point, Scope } from "../experiment.ts";

export interface Engine {
  readonly series: string;
  readonly mechanism: string;
  readonly parameters: Readonly<Record<string, string | number>>;
}

export const epoll: Engine = { series: "epoll", mechanism: "echo-epoll", parameters: {} };
export const single: Engine = { series: "io_uring", mechanism: "echo-uring", parameters: {} };
export const multishot: Engine = {
  series: "io_uring multishot",
  mechanism: "echo-uring",
  parameters: { receive: "multishot" },
};
export const poller: Engine = {
  series: "io_uring SQPOLL",
  mechanism: "echo-uring",
  parameters: { poller: 1 },
};
export const servers = [epoll, single, multishot, poller];

export const way = (series: string, name: string): Engine => ({
  series,
  mechanism: "storage-uring",
  parameters: { way: name },
});
export const pread: Engine = { series: "disk: pread", mechanism: "storage-pread", parameters: {} };
export const aio: Engine = { series: "disk: libaio", mechanism: "storage-aio", parameters: {} };
export const ring = way("disk: io_uring", "plain");
export const disks = [
  aio,
  ring,
  way("disk: io_uring registered", "fixed"),
  way("disk: io_uring SQPOLL", "poller"),
  way("disk: io_uring io_poll", "polled"),
];

/** Connections and queue depths; the second of a pair tells whether the model is kept from it. */
export const full: readonly (readonly [number, boolean])[] = [
  [1, false],
  [2, true],
  [4, false],
  [8, true],
  [16, false],
  [32, false],
  [64, true],
  [128, false],
  [256, false],
];
export const quick: typeof full = [
  [1, false],
  [8, true],
  [32, false],
  [256, false],
];

/** At least a few whole batches a block, and enough requests to see the usual batch. */
export function sized(x: number, blocks: number, fewest: number): NonNullable<Point["exactly"]> {
  const blockCalls = Math.max(fewest, 8 * x);
  return { calls: blocks * blockCalls, blockCalls };
}

export function plan({ quick: isQuick, folder }: Scope): Point[] {
  const steps = isQuick ? quick : full;
  const blocks = isQuick ? 3 : 5;
  const points = servers.flatMap(({ series, mechanism, parameters }) =>
    steps.map(([x, heldOut]): Point => {
      const given = { ...parameters, connections: x };
      const exactly = sized(x, blocks, 256);
      const role = heldOut ? "held-out" : "fit";
      return { series, x, mechanism, parameters: given, role, exactly, estimator: "median" };
    }),
  );
  const reads = [...disks, pread].flatMap(({ series, mechanism, parameters }) =>
    steps
      .filter(([x]) => series !== pread.series || x === 1)
      .map(([x, heldOut]): Point => {
        const given = { ...parameters, depth: x, folder };
        const exactly = sized(x, 3, 128);
        const role = heldOut ? "held-out" : "fit";
        return { series, x, mechanism, parameters: given, role, exactly, estimator: "median" };
      }),
  );
  const call: Point = {
    ...{ series: "null system call", x: 1, mechanism: "getppid" },
    ...{ parameters: {}, role: "shown" },
  };
  return [...points, ...reads, call];
}
