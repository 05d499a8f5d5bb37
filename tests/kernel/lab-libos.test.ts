/** Dispatch into code written at run time: every call reaches its own handler; never times. */
import { run } from "@crossbill/lab";
import { expect, test } from "vitest";
import { measured, refusal, seenByStrace } from "./measure-runs.ts";

/** A prime, and longer than the sequence of numbers, so that it is begun again. */
const CALLS = 70_001;
const ways = ["call", "table", "switch", "binary", "hash"];
const onX86 = process.arch === "x64";

const asked = (parameters: Record<string, string | number>) => ({
  mechanism: "library-call",
  parameters,
  ...{ calls: CALLS, blockCalls: 9973 },
});

test.runIf(onX86)(
  "every way of dispatch reaches the handler that was asked for, each time",
  async () => {
    // The mechanism adds up what its handlers return, and fails when one was the wrong one.
    for (const how of ways) {
      for (const [n, bodies] of [
        [1, 1],
        [7, 7],
        [8, 3],
        [1021, 1021],
        [4096, 8],
        [4096, 4096],
      ] as const) {
        for (const sequence of ["repeat", "cycle", "random"]) {
          const { events } = await measured(asked({ how, n, bodies, sequence }));
          expect([how, n, sequence, events]).toEqual([how, n, sequence, CALLS]);
        }
      }
    }
  },
);

test.runIf(onX86)("handlers of any size run from their first byte to their last", async () => {
  for (const handler of [8, 9, 15, 16, 17, 64, 67, 2048, 4096]) {
    const { events } = await measured(asked({ how: "table", n: 61, handler, sequence: "random" }));
    expect([handler, events]).toEqual([handler, CALLS]);
  }
});

test.runIf(onX86)("no call enters the kernel, and no memory is writable and executable", () => {
  const order = asked({ how: "switch", n: 4096, sequence: "random" });
  const more = { ...order, calls: 7 * CALLS };
  const all = (one: typeof order) => seenByStrace("all", /./, one);
  // Blocks differ in number, and each reads the CPU clock twice; nothing else may differ.
  const perBlock = 2;
  expect(all({ ...more, blockCalls: more.calls }) - all({ ...order, blockCalls: CALLS })).toBe(0);
  expect(all(order) - all({ ...order, blockCalls: CALLS })).toBe(perBlock * 7);
  expect(seenByStrace("mmap,mprotect", /PROT_WRITE\|PROT_EXEC/, order)).toBe(0);
});

test("too many calls, handlers too large or too small, and unknown words are refused", () => {
  const of = (parameters: Record<string, string | number>) => refusal("library-call", parameters);
  expect(of({ n: 0 })).toContain("Invalid argument");
  expect(of({ n: 4097 })).toContain("Invalid argument");
  expect(of({ n: 8, bodies: 9 })).toContain("Invalid argument");
  expect(of({ handler: 7 })).toContain("Invalid argument");
  expect(of({ handler: 4097 })).toContain("Invalid argument");
  expect(of({ how: "guess" })).not.toBeNull();
  expect(of({ sequence: "fate" })).not.toBeNull();
});

test.runIf(onX86)("a quick run has every dispatcher", async () => {
  const { topics } = await run({ topics: ["libos"], quick: true });
  const points = topics[0]?.points ?? [];
  expect(points.filter(({ missing }) => missing !== null)).toEqual([]);
});
