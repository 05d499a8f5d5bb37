/** Printable: hostile names reach a terminal as visible escapes only. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBytes } from "./byte-text.ts";
import { displayWidth, printable } from "./printable.ts";

test.each([
  ["a line\nbreak", "a line\\nbreak"],
  ["\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"],
  ["\u009b31m", "\\u009b31m"],
  ["\u202egnp.exe", "\\u202egnp.exe"],
  ["\u2066isolate\u2069", "\\u2066isolate\\u2069"],
  ["zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"],
  ["\u2028line", "\\u2028line"],
  ["\x07\x08\x7f\0", "\\x07\\x08\\x7f\\x00"],
  ["tab\tand\rreturn", "tab\\tand\\rreturn"],
  ["\ud800lone", "\\ud800lone"],
  ["\u{e0041}tag", "\\u{e0041}tag"],
  ["\u3164filler", "\\u3164filler"],
  ["\u0301first", "\\u0301first"],
  ["back\\slash", "back\\\\slash"],
  ["naïve 漢字 🐦", "naïve 漢字 🐦"],
])("%j is shown as %j", (hostile, shown) => {
  expect(printable(hostile)).toBe(shown);
});

test("a byte that was not UTF-8 is shown as that byte", () => {
  expect(printable(decodeBytes(Uint8Array.of(0x61, 0xff, 0x80)))).toBe("a\\xff\\x80");
});

test("no input leaves a control, a bidi override or a lone surrogate", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const shown = printable(decodeBytes(bytes));
      expect(shown).toMatch(/^[^\p{C}]*$/u);
    }),
  );
});

test("a text is cut to its width, never inside an escape", () => {
  expect(printable("/usr/share/doc/file", { maxWidth: 10 })).toBe("/usr/shar…");
  expect(printable("/usr/share/doc/file", { maxWidth: 10, cut: "start" })).toBe("…/doc/file");
  expect(printable("/usr/share/doc/file", { maxWidth: 10, cut: "middle" })).toBe("/us…c/file");
  expect(printable("ab\x1bcd", { maxWidth: 5 })).toBe("ab…");
  expect(printable("漢字漢字", { maxWidth: 4 })).toBe("漢…");
  expect(printable("abc", { maxWidth: 0 })).toBe("");
});

test("a cut text fits the width asked for", () => {
  const cuts = fc.constantFrom("start" as const, "middle" as const, "end" as const);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.nat(30), cuts, (text, maxWidth, cut) => {
      expect(displayWidth(printable(text, { maxWidth, cut }))).toBeLessThanOrEqual(maxWidth);
    }),
  );
});

test("a text of any length is cut as its ends alone say", () => {
  const hostile = fc.constantFrom(
    "a",
    "漢",
    "\u0301",
    "\u{1d165}",
    "\u{1f426}",
    "\n",
    "\ud83d",
    "\udc80",
  );
  const unit = fc.string({ unit: hostile, minLength: 1, maxLength: 8 });
  const cuts = fc.constantFrom("start" as const, "middle" as const, "end" as const);
  fc.assert(
    fc.property(unit, fc.integer({ min: 1, max: 20 }), cuts, (piece, maxWidth, cut) => {
      const enough = Math.ceil((16 * maxWidth) / piece.length);
      const [short, long] = [piece.repeat(enough), piece.repeat(enough + 500)];
      expect(printable(long, { maxWidth, cut })).toBe(printable(short, { maxWidth, cut }));
    }),
    { numRuns: 1000 },
  );
});

test("a text of half a gigabyte is shown without being taken apart", () => {
  const endless = "x".repeat(2 ** 29 - 32);
  expect(printable(endless, { maxWidth: 5 })).toBe("xxxx…");
});
