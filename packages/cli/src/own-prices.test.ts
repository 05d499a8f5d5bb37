import { readFileSync } from "node:fs";
import { parsePrices } from "@crossbill/core";
import { expect, test } from "vitest";
import { withKnownRecorders } from "./own-prices.ts";

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
