/** User code after a crossing, run for real: the calls and the lines asked for; never times. */
import { run } from "@crossbill/lab";
import { expect, test } from "vitest";
import { measured, refusal, seenByStrace } from "./measure-runs.ts";

/** Primes: no block divides them. */
const CALLS = 499;
const LINES = 251;

const asked = (parameters: Record<string, string | number>) => ({
  mechanism: "work-after-call",
  parameters: { lines: LINES, ...parameters },
  ...{ calls: CALLS, blockCalls: 53 },
});

test("every walk visits each of its lines, with a call before it or without", async () => {
  for (const spread of ["line", "page"]) {
    for (const call of ["none", "getppid", "read"]) {
      const { events, counts } = await measured(asked({ call, spread, bytes: 4099 }));
      expect(events).toBe(CALLS);
      expect(counts).toEqual({
        lines: CALLS * LINES,
        bytes: call === "read" ? CALLS * 4099 : 0,
      });
    }
  }
});

test("strace sees one call before each walk, and none before those that are alone", () => {
  const parents = (call: string) => seenByStrace("getppid", /getppid\(\)/, asked({ call }));
  expect(parents("getppid")).toBe(CALLS);
  expect(parents("none")).toBe(0);
  const read = asked({ call: "read", bytes: 4099 });
  expect(seenByStrace("pread64", /, 4099, 0\) = 4099$/, read)).toBe(CALLS);
});

test("a walk of no lines is the call alone", async () => {
  const { counts } = await measured(asked({ call: "getppid", lines: 0 }));
  expect(counts).toEqual({ lines: 0, bytes: 0 });
});

test("walks too long, reads too large and calls unknown are refused", () => {
  expect(refusal("work-after-call", { lines: 16_385 })).toContain("Invalid argument");
  expect(refusal("work-after-call", { call: "read", bytes: 0 })).toContain("Invalid argument");
  expect(refusal("work-after-call", { call: "read", bytes: "2M" })).toContain("Invalid argument");
  expect(refusal("work-after-call", { call: "reboot" })).toContain("call=reboot");
  expect(refusal("work-after-call", { spread: "thin" })).toContain("spread=thin");
});

test("a quick run has every step and every walk", async () => {
  const { topics } = await run({ topics: ["toll"], quick: true });
  const points = topics[0]?.points ?? [];
  expect(points.filter(({ missing }) => missing !== null)).toEqual([]);
  expect(points.every(({ values }) => values.length === topics[0]?.rounds)).toBe(true);
});
