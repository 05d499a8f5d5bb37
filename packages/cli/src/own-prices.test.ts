import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePrices } from "@crossbill/core";
import { afterEach, expect, test, vi } from "vitest";
import { betterPrices, isWorthAnotherTry, storePrices, withKnownRecorders } from "./own-prices.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const path = new URL("../../core/src/golden/prices.golden.json", import.meta.url);
const stored = parsePrices(readFileSync(path, "utf8"));
const withoutRights = {
  ...stored,
  recorders: { ...stored.recorders, ebpfSampled: null, ebpfExact: null },
};

test("a calibration without rights keeps what one with them found out", () => {
  const kept = withKnownRecorders(withoutRights, { state: "found", prices: stored, path: "/x" });
  expect(kept.recorders).toEqual(stored.recorders);
});

test("prices of another machine add nothing", () => {
  const lookup = { state: "mismatch", differs: ["kernel"], path: "/x" } as const;
  expect(withKnownRecorders(withoutRights, lookup).recorders.ebpfSampled).toBeNull();
});

test("what is kept from disturbed prices keeps them doubtful", () => {
  const prices = { ...stored, disturbedBy: ["busy" as const] };
  const lookup = { state: "found", prices, path: "/x" } as const;
  expect(withKnownRecorders(withoutRights, lookup).disturbedBy).toEqual(["busy"]);
  expect(withKnownRecorders(stored, lookup).disturbedBy).toBeUndefined();
});

test("disturbed prices are measured again, but not at every run", () => {
  const at = (time: string) => new Date(`2026-01-01T${time}:00Z`);
  const busy = {
    ...stored,
    measuredAt: at("10:00").toISOString(),
    disturbedBy: ["busy" as const],
  };
  expect(isWorthAnotherTry(busy, at("10:59"))).toBe(false);
  expect(isWorthAnotherTry(busy, at("11:00"))).toBe(true);
  expect(isWorthAnotherTry(busy, at("09:00"))).toBe(true);
  const tried = { ...busy, triedAt: at("11:00").toISOString() };
  expect(isWorthAnotherTry(tried, at("11:30"))).toBe(false);
  expect(isWorthAnotherTry(stored, new Date())).toBe(false);
});

test("of disturbed prices the cheaper ones stay; undisturbed ones win", () => {
  const scaled = (factor: number, time: string) => {
    const { low, likely, high } = stored.nullSyscallNs;
    return {
      ...stored,
      measuredAt: time,
      disturbedBy: ["busy" as const],
      nullSyscallNs: { low: low * factor, likely: likely * factor, high: high * factor },
    };
  };
  const before = scaled(2, "2026-01-01T10:00:00Z");
  const dearer = scaled(3, "2026-01-01T11:00:00Z");
  const cheaper = scaled(1.5, "2026-01-01T11:00:00Z");
  expect(betterPrices(before, dearer)).toEqual({ ...before, triedAt: dearer.measuredAt });
  expect(betterPrices(before, cheaper)).toBe(cheaper);
  const { disturbedBy: _, ...quiet } = dearer;
  expect(betterPrices(before, quiet)).toBe(quiet);
});

test("prices that were measured while we are traced serve once and are not stored", () => {
  const folder = mkdtempSync(join(tmpdir(), "crossbill-own-prices-"));
  vi.stubEnv("XDG_CACHE_HOME", folder);
  try {
    const traced = { ...stored, disturbedBy: ["traced" as const] };
    expect(storePrices(traced, null).path).toBeNull();
    expect(existsSync(join(folder, "crossbill"))).toBe(false);
    expect(storePrices(stored, null).path).toContain(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
