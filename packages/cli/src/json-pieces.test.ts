import * as fc from "fast-check";
import { expect, test } from "vitest";
import { jsonPieces } from "./json-pieces.ts";

test("the pieces together are the JSON of the value", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const parsed: unknown = JSON.parse([...jsonPieces(value)].join(""));
      expect(parsed).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("bytes that were not UTF-8 stay ASCII in the file and come back", () => {
  const text = [...jsonPieces({ name: "caf\udce9" })].join("");
  expect(text).toContain("\\udce9");
  expect(JSON.parse(text)).toEqual({ name: "caf\udce9" });
});

test("no piece of a long array is the whole of it", () => {
  const items = Array.from({ length: 1000 }, (_, index) => ({ index }));
  expect(Math.max(...[...jsonPieces({ items })].map(({ length }) => length))).toBeLessThan(100);
});
