import { displayWidth } from "@crossbill/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { wrapText } from "./wrap.ts";

test("words fill lines of the width, and further lines stand under the first", () => {
  expect(wrapText("one two three four", { width: 14, lead: "a: " })).toEqual([
    "a: one two",
    "   three four",
  ]);
});

test("a word that no line holds is cut", () => {
  expect(wrapText(`x ${"y".repeat(40)} z`, { width: 20 })).toEqual([
    "x",
    `${"y".repeat(19)}…`,
    "z",
  ]);
});

test("a unit stays with its figure", () => {
  expect(wrapText("about 27.6 % of 12.0 ms, so", { width: 12 })).toEqual([
    "about 27.6 %",
    "of 12.0 ms,",
    "so",
  ]);
});

test("an empty text is its lead alone", () => {
  expect(wrapText("  ", { width: 20, lead: "note: " })).toEqual(["note: "]);
});

test("any text fits, and nothing in it moves the cursor", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.integer({ min: 20, max: 90 }),
      (text, width) => {
        for (const line of wrapText(text, { width, lead: "break-even: " })) {
          expect(displayWidth(line)).toBeLessThanOrEqual(Math.max(width, 12 + 12));
          expect(line).not.toMatch(/\p{Cc}/u);
        }
      },
    ),
  );
});
