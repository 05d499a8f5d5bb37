import { expect, test } from "vitest";
import { splitCommandLine } from "./invocation.ts";

test("arguments keep bytes that are not UTF-8, and empty ones stay", () => {
  const bytes = Buffer.from("node\0crossbill\0run\0--\0caf\u00e9\0\0", "latin1");
  expect(splitCommandLine(bytes, 4)).toEqual(["run", "--", "caf\udce9", ""]);
});

test("a command line that was cut short is not believed", () => {
  expect(splitCommandLine(Buffer.from("node\0crossb"), 3)).toBeNull();
  expect(splitCommandLine(Buffer.alloc(0), 0)).toEqual([]);
});
