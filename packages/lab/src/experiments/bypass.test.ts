import { expect, test } from "vitest";
import {
  analyse,
  type Invented,
  inventPoints,
  PATIENCE_MS,
  refuse,
  subsets,
  valueOf,
  verdictOf,
} from "../../../../tests/unit/invented-points.ts";
import type { Point } from "../experiment.ts";
import { bypass } from "./bypass.ts";
import {
  asleep,
  countedOf,
  mmapTalk,
  paths,
  rdma,
  registrations,
  ringTalk,
  setUpOf,
  spinning,
  tearDownOf,
  udp,
  xdp,
  xdpTalk,
} from "./bypass-points.ts";

interface World {
  /** By path as packet-path.c calls it: ns of a call and of a message, calls of a batch. */
  readonly prices: Readonly<Record<string, readonly [number, number, number]>>;
  /** ns to set up; what is not named costs 50,000. */
  readonly setUp: Readonly<Record<string, number>>;
  /** Trips of a message. */
  readonly trips: Readonly<Record<string, number>>;
  /** ns of a message by conversation. */
  readonly talk: Readonly<Record<string, number>>;
  /** ns of a MiB. */
  readonly mib: number;
}
const usual: World = {
  prices: {
    udp: [500, 2500, 2],
    "udp-batch": [300, 2600, 2],
    "udp-segments": [1700, 10, 2],
    io_uring: [2000, 2500, 1],
    packet_mmap: [1300, 1500, 1],
    af_xdp: [800, 1300, 1],
    ring: [0, 10, 0],
  },
  setUp: { udp: 50_000, af_xdp: 22_050_000, packet_mmap: 25_000_000 },
  trips: { "udp-segments": 1 / 32, ring: 0 },
  talk: {
    [asleep.series]: 24_000,
    [spinning.series]: 4000,
    [xdpTalk.series]: 2000,
    [mmapTalk.series]: 2100,
    [ringTalk.series]: 100,
  },
  mib: 16_000,
};

function messageNs({ parameters, x }: Point, world: World): Invented {
  const path = String(parameters["path"]);
  const [call, message, calls] = world.prices[path] ?? [0, 0, 0];
  // Plain UDP makes its calls for each message, all others for a batch.
  const perMessage = path === "udp" ? calls : calls / x;
  const trips = parameters["trips"] === 1 ? { trips: world.trips[path] ?? 1 } : {};
  return { ns: perMessage * call + message, counts: { calls: perMessage, ...trips } };
}

function machine(world: World): (point: Point) => Invented {
  return (point) => {
    const { mechanism, parameters, series, x } = point;
    if (mechanism === "packet-exchange") return messageNs(point, world);
    if (mechanism === "packet-set-up")
      return { ns: world.setUp[String(parameters["path"])] ?? 50_000 };
    if (mechanism === "packet-ping-pong")
      return { ns: world.talk[series] ?? 1, counts: { calls: 2, peerCpuNs: 100 } };
    if (mechanism === "getppid") return { ns: 160 };
    return { ns: 5000 + world.mib * x };
  };
}

const points = (world: Partial<World> = {}) =>
  inventPoints(bypass, machine({ ...usual, ...world }));
const priced = (path: string, price: readonly [number, number, number]) => ({
  prices: { ...usual.prices, [path]: price },
});

test("the prices of a call, of a message and of a registered MiB come out again", () => {
  const analysis = analyse(bypass, points());
  expect(valueOf(analysis, "E(AF_XDP)")).toBeCloseTo(800, 3);
  expect(valueOf(analysis, "m(UDP GSO)")).toBeCloseTo(10, 3);
  for (const { symbol } of registrations.filter((one) => one.way !== "touch"))
    expect(valueOf(analysis, symbol)).toBeCloseTo(usual.mib, 3);
  expect(analysis.models.every(({ broken }) => broken === null)).toBe(true);
  expect(analysis.models.every(({ heldOutError }) => (heldOutError ?? 1) < 0.01)).toBe(true);
});

test("the set-up is repaid after as many messages as the difference of prices says", () => {
  const analysis = analyse(bypass, points());
  // 22,000,000 ns more to set up, 3,500 - 1,325 ns less a message.
  const [against] = analysis.breakEvens;
  expect(against?.text).toContain("AF_XDP against UDP: the set-up is repaid after 10,1");
  expect((against?.at?.likely ?? 0) / (22e6 / 2175)).toBeCloseTo(1, 1);
  const never = analysis.breakEvens.find(({ text }) => text.includes("AF_XDP against UDP GSO"));
  expect(never).toMatchObject({ at: null });
  expect(never?.text).toContain("never");
  const memory = analysis.breakEvens.find(({ text }) => text.includes("small pages"));
  expect((memory?.at?.likely ?? 0) / (usual.mib / 2175)).toBeCloseTo(1, 2);
  const row = analysis.table.rows.find(([name]) => name === xdp.title);
  expect(row?.at(-1)).toBe("never");
});

test("as most machines are: half a bypass, repaid, outdone by batching, and mostly polling", () => {
  const analysis = analyse(bypass, points());
  expect(verdictOf(analysis, /no kernel involvement/)).toBe("does not hold");
  expect(verdictOf(analysis, /both sides poll/)).toBe("holds");
  expect(verdictOf(analysis, /construction cost/)).toBe("holds");
  expect(verdictOf(analysis, /repay it/)).toBe("holds");
  expect(verdictOf(analysis, /No batching/)).toBe("does not hold");
  expect(verdictOf(analysis, /shortens/)).toBe("does not hold");
});

test("each verdict turns with the data", () => {
  const whole = { ...priced("af_xdp", [0, 5, 0]), trips: { ...usual.trips, af_xdp: 0 } };
  const past = analyse(bypass, points(whole));
  expect(verdictOf(past, /no kernel involvement/)).toBe("holds");
  expect(verdictOf(past, /No batching/)).toBe("holds");
  const visited = analyse(bypass, points({ trips: { ...usual.trips, ring: 1 } }));
  expect(verdictOf(visited, /both sides poll/)).toBe("does not hold");
  const cheap = analyse(bypass, points({ setUp: { af_xdp: 100_000 } }));
  expect(verdictOf(cheap, /construction cost/)).toBe("does not hold");
  const slow = analyse(bypass, points(priced("af_xdp", [9000, 9000, 1])));
  expect(verdictOf(slow, /repay it/)).toBe("does not hold");
  expect(slow.breakEvens[0]?.text).toContain("never");
  const poor = analyse(bypass, points({ talk: { ...usual.talk, [spinning.series]: 20_000 } }));
  expect(verdictOf(poor, /shortens/)).toBe("holds");
});

test("prices that noise does not tell apart are not called different", () => {
  const same = points(priced("af_xdp", [0, 3500, 1])).map((point) =>
    point.series === xdp.title ? { ...point, values: [3465, 3500, 3560] } : point,
  );
  const analysis = analyse(bypass, same);
  expect(verdictOf(analysis, /repay it/)).toBe("cannot tell here");
  expect(analysis.breakEvens[0]?.text).toContain("within the noise");
});

test("trips that could not be counted leave open whether there were none", () => {
  const uncounted = refuse(points(), ({ series }) =>
    paths.some((path) => countedOf(path) === series),
  );
  const analysis = analyse(bypass, uncounted);
  expect(verdictOf(analysis, /both sides poll/)).toBe("cannot tell here");
  // Its calls are enough to decide this one.
  expect(verdictOf(analysis, /no kernel involvement/)).toBe("does not hold");
});

test("where AF_XDP is not allowed, packet_mmap stands for the way past the kernel", () => {
  const analysis = analyse(
    bypass,
    refuse(points(), ({ parameters }) => parameters["path"] === xdp.path),
  );
  expect(verdictOf(analysis, /no kernel involvement/)).toBe("does not hold");
  expect(verdictOf(analysis, /construction cost/)).toBe("holds");
  expect(verdictOf(analysis, /repay it/)).toBe("holds");
  expect(verdictOf(analysis, /No batching/)).toBe("does not hold");
  expect(analysis.claims.some(({ why }) => why.includes("packet_mmap that spins"))).toBe(true);
  // One reason, said once for all that it keeps away.
  expect(analysis.notes.filter((note) => note.endsWith(": refused"))).toHaveLength(1);
});

test("an impossible order takes every verdict back", () => {
  const impossible = analyse(bypass, points(priced("ring", [0, 90_000, 0])));
  expect(impossible.claims.every(({ verdict }) => verdict === "cannot tell here")).toBe(true);
});

test("RDMA has figures only where there is a device", () => {
  const none = analyse(
    bypass,
    refuse(points(), ({ series }) => series === rdma.series),
  );
  expect(Number.isNaN(valueOf(none, rdma.symbol))).toBe(true);
  expect(none.notes.some((note) => note.startsWith("RDMA: refused"))).toBe(true);
  const named = points().map((point) =>
    point.series === rdma.series
      ? { ...point, parameters: { ...point.parameters, device: "mlx5_0" } }
      : point,
  );
  const some = analyse(bypass, named);
  expect(some.notes.some((note) => note.includes("mlx5_0"))).toBe(true);
});

test(
  "whatever is missing, there is an analysis without invented figures",
  () => {
    for (const some of subsets(points())) analyse(bypass, some);
    const nothing = analyse(
      bypass,
      refuse(points(), () => true),
    );
    expect(nothing.parameters).toEqual([]);
    expect(nothing.charts).toEqual([]);
    expect(nothing.claims.every(({ verdict }) => verdict === "cannot tell here")).toBe(true);
    const onlySetUp = new Set([udp, xdp].flatMap((path) => [setUpOf(path), tearDownOf(path)]));
    const left = analyse(
      bypass,
      refuse(points(), ({ series }) => !onlySetUp.has(series)),
    );
    expect(left.breakEvens).toEqual([]);
    expect(verdictOf(left, /construction cost/)).toBe("holds");
  },
  PATIENCE_MS,
);
