/** The rings topic's points: four servers, six ways to read a disk, and what a wait alone costs. */
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

/** What a wait costs by itself, so that the servers' models need not guess it. */
export const readyWait: Engine = {
  series: "epoll_wait, one ready",
  mechanism: "system-call",
  parameters: { call: "epoll-wait" },
};
export const entries: Engine = {
  series: "io_uring, entries that do nothing",
  mechanism: "uring-nop",
  parameters: {},
};

type Steps = readonly (readonly [x: number, role: Point["role"]])[];

/** Connections and queue depths of what a model is about. */
const full: Steps = [
  [1, "fit"],
  [2, "held-out"],
  [4, "fit"],
  [8, "held-out"],
  [16, "fit"],
  [32, "fit"],
  [64, "held-out"],
  [128, "fit"],
  [256, "fit"],
];
const quick: Steps = [
  [1, "fit"],
  [8, "held-out"],
  [32, "fit"],
  [256, "fit"],
];
/** Of what is shown beside them. */
const shown = { full: [1, 4, 16, 64, 256], quick: [1, 32, 256] };
/** Entries handed over in one call. */
const batches: Steps = [
  [1, "fit"],
  [4, "held-out"],
  [16, "fit"],
  [64, "fit"],
  [128, "held-out"],
];

/** Blocks of a process: many where a low quantile of them is to be one of an undisturbed moment. */
const blocks = { server: 15, disk: 9, shown: 5, quick: 3 };
/** At least a few whole batches a block, and enough requests to see the usual batch. */
const FEWEST_REQUESTS = 128;
const BATCHES = 8;

function sized(x: number, count: number): NonNullable<Point["exactly"]> {
  const blockCalls = Math.max(FEWEST_REQUESTS, BATCHES * x);
  return { calls: count * blockCalls, blockCalls };
}

export function plan({ quick: isQuick, folder }: Scope): Point[] {
  const steps = isQuick ? quick : full;
  const beside: Steps = shown[isQuick ? "quick" : "full"].map((x) => [x, "shown"]);
  const points = (engine: Engine, given: Steps, count: number, named: string): Point[] =>
    given.map(([x, role]) => {
      const { series, mechanism } = engine;
      const parameters = { ...engine.parameters, [named]: x };
      const exactly = sized(x, isQuick ? blocks.quick : count);
      return { series, x, mechanism, parameters, role, exactly };
    });
  const inFolder = (engine: Engine): Engine => ({
    ...engine,
    parameters: { ...engine.parameters, folder },
  });
  return [
    ...[epoll, single].flatMap((one) => points(one, steps, blocks.server, "connections")),
    ...[multishot, poller].flatMap((one) => points(one, beside, blocks.shown, "connections")),
    ...points(inFolder(ring), steps, blocks.disk, "depth"),
    ...disks
      .filter((one) => one !== ring)
      .flatMap((one) => points(inFolder(one), beside, blocks.shown, "depth")),
    ...points(inFolder(pread), [[1, "shown"]], blocks.disk, "depth"),
    { ...readyWait, x: 1, role: "fit" },
    ...batches.map(([x, role]): Point => ({ ...entries, x, parameters: { batch: x }, role })),
    { series: "null system call", x: 1, mechanism: "getppid", parameters: {}, role: "shown" },
  ];
}
