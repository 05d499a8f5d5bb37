import { type Interval, UnsupportedError } from "@crossbill/core";
import { expect, test } from "vitest";
import {
  derivePrices,
  deriveProfile,
  type Measurement,
  recorderWidthWarnings,
} from "./derive-prices.ts";

const tiers = [
  { tier: "L1", measureBytes: 1001, upToBytes: 2000 },
  { tier: "DRAM", measureBytes: 2001, upToBytes: null },
];

/** One round of invented values, in ns per event; `slow` slows the whole machine. */
function round(number: number, slow = 0, changes: Record<string, number> = {}): Measurement[] {
  const values: Record<string, number> = {
    null: 1,
    timer: 25,
    getppid: 151,
    "read-byte": 401,
    "copy of 1 bytes": 400,
    "copy of 1001 bytes": 500,
    "copy of 2001 bytes": 1400,
    "fault-anonymous": 1001,
    "fault-file": 1501,
    "pipe-pair": 700,
    "context-switch": 3700,
    ...changes,
  };
  return Object.entries(values).map(([name, ns]) => ({
    name,
    round: number,
    nsPerEvent: ns + slow,
    linear: true,
  }));
}

test("the harness is subtracted, bytes are a slope and a switch is without its two calls", () => {
  const { prices, warnings } = derivePrices([...round(0), ...round(1)], tiers);
  expect(warnings).toEqual([]);
  const likely = (interval: { likely: number }): number => interval.likely;
  expect(likely(prices.nullSyscallNs)).toBe(150);
  expect(likely(prices.oneByteReadNs)).toBe(400);
  expect(prices.copyNsPerByte.map(({ ns }) => likely(ns))).toEqual([0.1, 0.5]);
  expect(likely(prices.anonymousFaultNs)).toBe(1000);
  expect(likely(prices.fileFaultNs)).toBe(1500);
  expect(likely(prices.contextSwitchNs)).toBe(3000);
});

test("what slows a whole round cancels, because rounds are paired", () => {
  const { prices } = derivePrices([...round(0), ...round(1, 5000), ...round(2, 90)], tiers);
  expect(prices.nullSyscallNs).toEqual({ low: 150, likely: 150, high: 150 });
});

test("a round that lacks the mechanism to subtract is left out, not counted as zero", () => {
  const torn = round(1).filter(({ name }) => name !== "null");
  const { prices } = derivePrices([...round(0), ...torn], tiers);
  expect(prices.nullSyscallNs.high).toBe(150);
});

test("impossible orders are told, each with its two sides", () => {
  const bad = { timer: 900, "read-byte": 120, "copy of 1001 bytes": 300, "context-switch": 600 };
  const { warnings, prices } = derivePrices(round(0, 0, bad), tiers);
  const told = warnings.map((warning) =>
    warning.kind === "impossible-order" ? `${warning.cheaper} < ${warning.dearer}` : warning.kind,
  );
  expect(told).toEqual([
    "reading the clock < a null system call",
    "a null system call < a read of one byte",
    "nothing < a context switch",
    "nothing < copying in L1",
  ]);
  expect(prices.contextSwitchNs.low).toBe(0);
});

test("a mechanism that is not linear in most rounds is told, one bad round is not", () => {
  const bent = (number: number): Measurement[] =>
    round(number).map((one) => (one.name === "getppid" ? { ...one, linear: false } : one));
  expect(derivePrices([...round(0), ...round(1), ...bent(2)], tiers).warnings).toEqual([]);
  expect(derivePrices([...round(0), ...bent(1), ...bent(2)], tiers).warnings).toEqual([
    { kind: "not-linear", mechanism: "getppid" },
  ]);
});

test("processes that disagree are told", () => {
  const all = [round(0), round(1, 0, { getppid: 999 }), round(2)].flat();
  const { warnings } = derivePrices(all, tiers);
  expect(warnings).toMatchObject([{ kind: "wide", price: "the null system call" }]);
});

test("a mechanism without any sample is an error, never a price of zero", () => {
  const without = round(0).filter(({ name }) => name !== "fault-file");
  expect(() => derivePrices(without, tiers)).toThrow(UnsupportedError);
});

test("the profile has what was measured, by code, and nothing of what was not", () => {
  const one = (code: string) => ({
    code,
    what: `a ${code}`,
    terms: [{ mechanism: "system-call", parameters: { call: code }, times: 0.5 }],
  });
  const stat = [300, 310, 320].map((ns, at) => ({
    name: "system-call call=stat",
    round: at,
    nsPerEvent: ns,
    linear: true,
  }));
  expect(deriveProfile([...round(0), ...stat], [one("stat"), one("poll")])).toEqual({
    stat: { what: "a stat", method: "system-call", ns: { low: 150.25, likely: 155, high: 159.75 } },
  });
});

test("a price of two measurements is taken within the rounds that have both", () => {
  const terms = [
    { mechanism: "uring-nop", parameters: { batch: 64 }, times: 1 / 63 },
    { mechanism: "uring-nop", parameters: { batch: 1 }, times: -1 / 63 },
  ];
  const nop = (number: number, batch: number, nsPerEvent: number): Measurement => {
    return { name: `uring-nop batch=${batch}`, round: number, nsPerEvent, linear: true };
  };
  const whole = [nop(0, 1, 400), nop(0, 64, 4180), nop(1, 1, 1400), nop(1, 64, 5180)];
  const prices = deriveProfile([...whole, nop(2, 64, 1e6)], [{ code: "entry", what: "", terms }]);
  expect(prices["entry"]?.method).toBe("uring-nop");
  expect(prices["entry"]?.ns.low).toBeCloseTo(60, 6);
  expect(prices["entry"]?.ns.high).toBeCloseTo(60, 6);
});

test("an eBPF recorder whose cost wanders makes every crossing doubtful", () => {
  const steady = { low: 90, likely: 100, high: 110 };
  const price = (overheadNsPerCrossing: Interval) => ({
    overheadNsPerCrossing,
    windowFloorNs: steady,
  });
  const warnings = recorderWidthWarnings(steady, {
    ebpfSampled: price({ low: 0, likely: 10, high: 30 }),
    ebpfExact: price({ low: 100, likely: 300, high: 900 }),
  });
  expect(warnings).toEqual([
    { kind: "wide", price: "the ebpfExact recorder's cost", spread: 1, everyCrossing: true },
  ]);
  expect(recorderWidthWarnings(steady, { ebpfSampled: null, ebpfExact: null })).toEqual([]);
});
