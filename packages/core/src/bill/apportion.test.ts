/** Apportion: parts add up, whatever the weights. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { apportion } from "./apportion.ts";

test("parts add up exactly and differ from their share by less than two units", () => {
  const weights = fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(fc.nat(), weights, (total, list) => {
      const parts = apportion(total, list);
      const sum = list.reduce((left, weight) => left + weight, 0);
      expect(parts.reduce((left, part) => left + part, 0)).toBe(total);
      for (const [index, part] of parts.entries()) {
        expect(part).toBeGreaterThanOrEqual(0);
        if (sum > 0) expect(Math.abs(part - (total * (list[index] ?? 0)) / sum)).toBeLessThan(2);
      }
    }),
  );
});

test("without weights the last part takes everything", () => {
  expect(apportion(7, [0, 0, 0])).toEqual([0, 0, 7]);
  expect(apportion(7, [])).toEqual([]);
  expect(apportion(10, [1, 1, 1])).toEqual([4, 3, 3]);
});
