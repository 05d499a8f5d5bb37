import { expect, test } from "vitest";
import { cacheBytes, copyTiers, readCaches } from "./cache-tiers.ts";

test("sysfs' sizes are read, anything else is refused", () => {
  expect(cacheBytes("32K\n")).toBe(32768);
  expect(cacheBytes("32M")).toBe(33_554_432);
  expect(cacheBytes("12")).toBe(12);
  expect(cacheBytes("a lot")).toBeNull();
  expect(cacheBytes("-1K")).toBeNull();
});

test("each cache is measured inside the half that both buffers fit into", () => {
  const tiers = copyTiers([
    { level: 1, bytes: 32 << 10 },
    { level: 2, bytes: 1 << 20 },
    { level: 3, bytes: 32 << 20 },
  ]);
  expect(tiers).toEqual([
    { tier: "L1", measureBytes: 8 << 10, upToBytes: 16 << 10 },
    { tier: "L2", measureBytes: 256 << 10, upToBytes: 512 << 10 },
    { tier: "LLC", measureBytes: 8 << 20, upToBytes: 16 << 20 },
    { tier: "DRAM", measureBytes: 32 << 20, upToBytes: null },
  ]);
});

test("memory is not claimed to be measured when a cache holds all that may be copied", () => {
  const tiers = copyTiers([
    { level: 1, bytes: 32 << 10 },
    { level: 3, bytes: 128 << 20 },
  ]);
  expect(tiers.map(({ tier, upToBytes }) => [tier, upToBytes])).toEqual([
    ["L1", 16 << 10],
    ["LLC", null],
  ]);
});

test("the tiers of this machine grow and only the last is open", () => {
  const tiers = copyTiers(readCaches());
  const sizes = tiers.map((tier) => tier.measureBytes);
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  expect(tiers.filter((tier) => tier.upToBytes === null)).toEqual(tiers.slice(-1));
});
