import { afterEach, expect, test, vi } from "vitest";
import { columnsOf } from "./terminal.ts";

afterEach(() => vi.unstubAllEnvs());

test.each([
  ["132", 132],
  ["12", 40],
  ["wide", 80],
  ["", 80],
])("COLUMNS=%s is %d columns where there is no terminal", (columns, width) => {
  vi.stubEnv("COLUMNS", columns);
  expect(columnsOf(-1)).toBe(width);
});
