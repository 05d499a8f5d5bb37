import { UsageError } from "@crossbill/core";
import { expect, test } from "vitest";
import { parseDuration } from "./duration.ts";

test.each([
  ["10s", 10_000],
  ["500ms", 500],
  ["2m", 120_000],
  ["2min", 120_000],
  ["1h", 3_600_000],
  ["1.5s", 1500],
  ["3", 3000],
  [" 7s ", 7000],
])("%s is %d ms", (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each(["", "0", "0ms", "-1s", "1d", "ten", "1e3", "30 s s", "999999999h", "0.0001ms"])(
  "%j is refused as a duration",
  (text) => {
    expect(() => parseDuration(text)).toThrow(UsageError);
  },
);
