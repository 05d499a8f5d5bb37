import { expect, test } from "vitest";
import {
  analyse,
  type Invented,
  inventedScope,
  inventPoints,
  PATIENCE_MS,
  refuse,
  subsets,
  valueOf,
  verdictOf,
} from "../../../../tests/unit/invented-points.ts";
import type { Point } from "../experiment.ts";
import { toll } from "./toll.ts";
import { mitigationNotes } from "./toll-mitigations.ts";

const LINE = 1.1;

interface World {
  readonly call: number;
  readonly clock: number;
  readonly crossing: number;
  /** ns a line that a walk takes longer after each crossing. */
  readonly refill: { readonly getppid: number; readonly read: number };
}
const usual: World = { call: 1.5, clock: 22, crossing: 160, refill: { getppid: 0, read: 1.3 } };

function machine(world: World): (point: Point) => Invented {
  const alone = { none: 0, getppid: world.crossing, read: 2000 };
  return ({ mechanism, parameters, x }) => {
    switch (mechanism) {
      case "null":
        return { ns: 0.5 };
      case "function-call":
        return { ns: 0.5 + world.call };
      case "timer":
        return { ns: 0.5 + world.clock };
      case "getppid":
        return { ns: 0.5 + world.crossing };
      case "copy":
        return { ns: parameters["bytes"] === 1 ? 430 : 2100 };
      default: {
        const call = parameters["call"];
        const refill = call === "getppid" || call === "read" ? world.refill[call] : 0;
        const direct = call === "getppid" || call === "read" ? alone[call] : 0;
        return { ns: Math.max(0.4, direct + x * (LINE + refill)) };
      }
    }
  };
}

const points = (world: Partial<World> = {}) => inventPoints(toll, machine({ ...usual, ...world }));

test("the prices that went in come out, net of the loop", () => {
  const analysis = analyse(toll, points());
  expect(valueOf(analysis, "f")).toBeCloseTo(1.5, 6);
  expect(valueOf(analysis, "v")).toBeCloseTo(22, 6);
  expect(valueOf(analysis, "t")).toBeCloseTo(160, 6);
  expect(valueOf(analysis, "s")).toBeCloseTo(429.5, 6);
  expect(valueOf(analysis, "r64")).toBeCloseTo(1.3, 3);
  expect(valueOf(analysis, "r0")).toBeCloseTo(0, 3);
  expect(analysis.models.every(({ heldOutError }) => (heldOutError ?? 1) < 0.01)).toBe(true);
  expect(analysis.claims.map(({ verdict }) => verdict)).toEqual([
    "holds",
    "holds",
    "does not hold",
    "holds",
  ]);
});

test("each verdict turns with the data", () => {
  const dear = analyse(toll, points({ call: 30 }));
  expect(verdictOf(dear, /far more than calling/)).toBe("does not hold");
  const slowClock = analyse(toll, points({ clock: 200 }));
  expect(verdictOf(slowClock, /vDSO/)).toBe("does not hold");
  const polluting = analyse(toll, points({ refill: { getppid: 0.5, read: 0 } }));
  expect(verdictOf(polluting, /slower after a null/)).toBe("holds");
  expect(verdictOf(polluting, /slower after a read/)).toBe("does not hold");
});

test("rounds that disagree decide nothing about what comes after a crossing", () => {
  const extra = [0.02, 0.4, 0.4];
  const noisy = points().map((point) => {
    if (point.series !== "walk after a null call") return point;
    const values = point.values.map((ns, round) => ns + point.x * (extra[round] ?? 0));
    return { ...point, values };
  });
  expect(verdictOf(analyse(toll, noisy), /slower after a null/)).toBe("cannot tell here");
});

test("one round decides nothing about it either, nor do rounds of which one in four differs", () => {
  const rounds = (extra: readonly number[]) =>
    points().map((point) => {
      const ns = point.values[0] ?? 0;
      const more = point.series === "walk after a null call" ? point.x : 0;
      return { ...point, values: extra.map((each) => ns + more * each) };
    });
  const verdict = (extra: readonly number[]) =>
    verdictOf(analyse(toll, rounds(extra)), /slower after a null/);
  expect(verdict([0.4])).toBe("cannot tell here");
  expect(verdict([0.4, 0.4, 0.4, 0])).toBe("cannot tell here");
  expect(verdict([0.4, 0.3, 0.4, 0.2])).toBe("holds");
  expect(verdict([0, 0.01, 0, 0])).toBe("does not hold");
});

test("an impossible order takes every verdict back", () => {
  const impossible = analyse(toll, points({ crossing: 1 }));
  expect(impossible.checks.some(({ holds }) => !holds)).toBe(true);
  for (const { verdict, why } of impossible.claims) {
    expect(verdict).toBe("cannot tell here");
    expect(why).toContain("a function call < a null system call");
  }
});

test(
  "whatever is missing, there is an analysis without invented figures",
  () => {
    for (const some of subsets(points())) analyse(toll, some);
    const nothing = analyse(
      toll,
      refuse(points(), () => true),
    );
    expect(nothing.parameters).toEqual([]);
    expect(nothing.claims.every(({ verdict }) => verdict === "cannot tell here")).toBe(true);
  },
  PATIENCE_MS,
);

test("a mitigation is named with what it does at the boundary", () => {
  const notes = mitigationNotes({
    mitigations: {
      meltdown: "Mitigation: PTI",
      mds: "Mitigation: Clear CPU buffers; SMT vulnerable",
      l1tf: "Not affected",
      odd: "Mitigation: something new",
      spec_store_bypass: "Vulnerable",
      spec_rstack_overflow: "Vulnerable: Safe RET, no microcode",
    },
  });
  expect(notes).toEqual([
    "mitigation at work: meltdown: PTI (switches page tables on the way in and out)",
    "mitigation at work: mds: Clear CPU buffers; SMT vulnerable (overwrites buffers on the way out)",
    "mitigation at work: odd: something new",
    "open, or dealt with in part: spec_store_bypass",
    "open, or dealt with in part: spec_rstack_overflow: Safe RET, no microcode (returns through a safe sequence)",
  ]);
  expect(mitigationNotes({ mitigations: {} })).toEqual([
    "no mitigation is on: the toll is the bare one",
  ]);
});

test("a walk stays inside the first-level cache, whatever its size is said to be", () => {
  const lines = (bytes: number) =>
    toll
      .plan({ ...inventedScope, caches: [{ level: 1, bytes }] })
      .filter(({ mechanism }) => mechanism === "work-after-call")
      .map(({ parameters }) => Number(parameters["lines"]));
  expect(Math.max(...lines(48 << 10))).toBe(576);
  expect(Math.max(...lines(1 << 30))).toBeLessThanOrEqual(16_384);
});
