import { expect, test } from "vitest";
import { withinReach } from "./spot-check.ts";

test("a price may leave its interval by a factor of two, either way, and no further", () => {
  const interval = { low: 100, likely: 120, high: 150 };
  expect([49, 50, 100, 150, 300, 301].map((ns) => withinReach(ns, interval))).toEqual([
    false,
    true,
    true,
    true,
    true,
    false,
  ]);
});
