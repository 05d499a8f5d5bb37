import { UsageError } from "@crossbill/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parsePids } from "./pids.ts";

test.each([
  ["1", [1]],
  ["1 2,3", [1, 2, 3]],
  ["1, 2 ,3\n", [1, 2, 3]],
  ["7,7,7", [7]],
])("%j names the processes %j", (text, pids) => {
  expect(parsePids(text)).toEqual(pids);
});

test.each(["", " , ", "0", "-1", "1.5", "abc", "1,x", "99999999", "1;2"])(
  "%j is refused as a list of processes",
  (text) => {
    expect(() => parsePids(text)).toThrow(UsageError);
  },
);

test("any list of ids survives any of strace's separators", () => {
  const id = fc.integer({ min: 1, max: 4_194_304 });
  const separator = fc.constantFrom(",", " ", "\n", ", ", "\t");
  fc.assert(
    fc.property(fc.uniqueArray(id, { minLength: 1, maxLength: 50 }), separator, (ids, by) => {
      expect(parsePids(ids.join(by))).toEqual(ids);
    }),
  );
});
