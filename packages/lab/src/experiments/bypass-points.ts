/** bypass-points: the ways for a message, and what is measured of each. */
import type { Point, Scope } from "../experiment.ts";
import { rdmaDevices } from "../rdma-devices.ts";

/** One way for a message between two network namespaces, or what stands beside it. */
export interface Path {
  readonly title: string;
  /** What packet-path.c calls it. */
  readonly path: string;
  /** Whether several messages can share a call. */
  readonly batches: boolean;
  /** The kernel's own network stack carries its messages. */
  readonly isKernel: boolean;
}

const pathOf = (title: string, path: string, isKernel: boolean, batches = true): Path => ({
  ...{ title, path, isKernel, batches },
});
export const udp: Path = pathOf("UDP", "udp", true, false);
export const batched: Path = pathOf("UDP sendmmsg", "udp-batch", true);
export const segments: Path = pathOf("UDP GSO", "udp-segments", true);
export const uring: Path = pathOf("io_uring UDP", "io_uring", true);
export const mmap: Path = pathOf("packet_mmap", "packet_mmap", false);
export const xdp: Path = pathOf("AF_XDP", "af_xdp", false);
export const ring: Path = pathOf("shared ring", "ring", false);
export const paths: readonly Path[] = [udp, batched, segments, uring, mmap, xdp, ring];

/** Where the paths are compared: what one call of AF_XDP sends at most in copy mode. */
export const BATCH = 32;
const MESSAGE_BYTES = 64;

export const NULL_CALL = "null system call";
export const countedOf = ({ title }: Path): string => `${title}, counted`;
export const setUpOf = ({ title }: Path): string => `${title}, set up`;
export const tearDownOf = ({ title }: Path): string => `${title}, taken down`;

/** Two processes on two CPUs, a message to and fro. */
export interface Talk {
  readonly series: string;
  readonly path: Path;
  readonly wait: "sleep" | "spin";
}
export const asleep: Talk = { series: "UDP, asleep", path: udp, wait: "sleep" };
export const spinning: Talk = { series: "UDP, spinning", path: udp, wait: "spin" };
export const mmapTalk: Talk = { series: "packet_mmap, spinning", path: mmap, wait: "spin" };
export const xdpTalk: Talk = { series: "AF_XDP, spinning", path: xdp, wait: "spin" };
export const ringTalk: Talk = { series: "shared ring, spinning", path: ring, wait: "spin" };
export const talks: readonly Talk[] = [asleep, spinning, mmapTalk, xdpTalk, ringTalk];

/** A way to make memory fit to be reached past the kernel. */
export interface Registration {
  readonly series: string;
  readonly symbol: string;
  readonly mechanism: string;
  readonly way: string;
  readonly pages: "small" | "huge";
}

const registrationsOf = (pages: "small" | "huge"): Registration[] =>
  [
    ["first touch", "touch"],
    ["mlock", "mlock"],
    ["io_uring buffers", "io_uring"],
    ["AF_XDP memory", "af_xdp"],
  ].map(([named = "", way = ""]) => ({
    series: `${named}, ${pages} pages`,
    symbol: `r(${way}, ${pages})`,
    mechanism: "register-memory",
    way,
    pages,
  }));
export const rdma: Registration = {
  ...{ series: "RDMA, small pages", symbol: "r(rdma, small)", mechanism: "register-rdma" },
  ...{ way: "rdma", pages: "small" },
};
export const registrations: readonly Registration[] = [
  ...registrationsOf("small"),
  ...registrationsOf("huge"),
  rdma,
];

/** Messages a call, and MiB at once; the second of a pair tells whether the model is kept from it. */
type Steps = readonly (readonly [number, boolean])[];
const batches: { full: Steps; quick: Steps } = {
  full: [
    [1, false],
    [2, false],
    [4, true],
    [8, false],
    [16, true],
    [BATCH, false],
    [64, true],
  ],
  quick: [
    [1, false],
    [8, true],
    [BATCH, false],
  ],
};
const sizes: { full: Steps; quick: Steps } = {
  full: [
    [2, false],
    [4, true],
    [8, false],
    [12, true],
    [16, false],
  ],
  quick: [
    [2, false],
    [8, true],
    [16, false],
  ],
};

/** Hundreds of blocks, of which the undisturbed ones count; short, for more rounds in the budget. */
const EXCHANGE_SECONDS = 0.03;
/** Enough batches to see the usual number of trips, and few beside the rest. */
const COUNTED_CALLS = 100;

function exchanges(steps: Steps): Point[] {
  return paths.flatMap(({ title, path, batches: does }) =>
    steps
      .filter(([batch]) => does || batch === 1)
      .map(
        ([batch, heldOut]): Point => ({
          ...{ series: title, x: batch, mechanism: "packet-exchange", setUpMs: 50 },
          parameters: { path, batch, bytes: MESSAGE_BYTES },
          role: heldOut ? "held-out" : "fit",
          seconds: EXCHANGE_SECONDS,
        }),
      ),
  );
}

function counts(): Point[] {
  return paths.map((one): Point => {
    const batch = one.batches ? BATCH : 1;
    return {
      ...{ series: countedOf(one), x: batch, mechanism: "packet-exchange", setUpMs: 50 },
      parameters: { path: one.path, batch, bytes: MESSAGE_BYTES, trips: 1 },
      ...{ role: "shown", exactly: { calls: COUNTED_CALLS, blockCalls: COUNTED_CALLS } },
    };
  });
}

function setUps(): Point[] {
  const of = (one: Path, stage: string): Point => ({
    series: stage === "open" ? setUpOf(one) : tearDownOf(one),
    ...{ x: 1, mechanism: "packet-set-up", parameters: { path: one.path, stage } },
    ...{ role: "shown", estimator: "median", setUpMs: one.isKernel ? 20 : 150 },
    exactly: { calls: 3, blockCalls: 1 },
  });
  return [
    ...paths.map((one) => of(one, "open")),
    ...[udp, mmap, xdp].map((one) => of(one, "close")),
  ];
}

function conversations(): Point[] {
  return talks.map(({ series, path, wait }) => ({
    ...{ series, x: 1, mechanism: "packet-ping-pong", role: "shown", estimator: "median" },
    ...{ parameters: { path: path.path, wait, bytes: MESSAGE_BYTES }, seconds: 0.05, setUpMs: 60 },
  }));
}

/** What is only shown needs no more than its ends. */
function stepsOf(way: string, steps: Steps): Steps {
  return way === "touch" ? [steps.at(0), steps.at(-1)].filter((one) => one !== undefined) : steps;
}

function registered(steps: Steps): Point[] {
  const [device] = rdmaDevices();
  return registrations.flatMap(({ series, mechanism, way, pages }) =>
    stepsOf(way, steps).map(([mib, heldOut]): Point => {
      const memory = mechanism === "register-memory" ? { way, pages } : {};
      const named = mechanism === "register-rdma" && device !== undefined ? { device } : {};
      // What fresh pages cost depends on where the kernel finds them: no price of a MiB.
      const role = way === "touch" ? "shown" : heldOut ? "held-out" : "fit";
      return {
        ...{ series, x: mib, mechanism, role },
        parameters: { bytes: mib << 20, ...memory, ...named },
        ...{ exactly: { calls: pages === "huge" ? 21 : 7, blockCalls: 1 }, setUpMs: 3 * mib },
      };
    }),
  );
}

export function plan({ quick }: Pick<Scope, "quick">): Point[] {
  const size = quick ? "quick" : "full";
  return [
    ...exchanges(batches[size]),
    ...counts(),
    ...setUps(),
    ...conversations(),
    ...registered(sizes[size]),
    { series: NULL_CALL, x: 1, mechanism: "getppid", parameters: {}, role: "shown" },
  ];
}
