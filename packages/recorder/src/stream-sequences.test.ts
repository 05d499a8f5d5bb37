/** Sequences of the stream: accesses become those of their descriptor, and nothing is trusted. */
import { CrossbillError, type RecordedSequence } from "@crossbill/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseLine } from "./stream-fields.ts";
import { SequenceCollector } from "./stream-sequences.ts";

const hello = {
  recorder: "ebpf",
  timing: "sampled",
  architecture: "x86_64",
  samplePeriodNs: 1_003_009,
  limits: { sequence: 200 },
} as const;
const head = { p: 0, fd: 3, target: "9f3a", complete: true };

function fieldsOf(object: Record<string, unknown>) {
  return parseLine(JSON.stringify(object), "line 1");
}

/** What becomes of rows that follow one head. */
function sequenceOf(...batches: readonly unknown[]): RecordedSequence | undefined {
  const collector = new SequenceCollector(hello);
  collector.open(fieldsOf(head), "file");
  for (const of of batches) collector.add(fieldsOf({ of }));
  return collector.finish()?.[0];
}

test("accesses follow their head, in batches, with calls by name", () => {
  const batches = [
    [
      [17, 0, 4096, 4096, 1000],
      [8, 512, 0, 0, 2000],
    ],
    [
      [17, 512, 23, -9, 3000],
      [1, -1, 5, 5, 4000],
    ],
  ];
  expect(sequenceOf(...batches)).toEqual({
    process: 0,
    descriptor: 3,
    target: "9f3a",
    complete: true,
    calls: ["pread64", "lseek", "write"],
    accesses: [
      [0, 0, 4096, 4096, 1000],
      [1, 512, 0, 0, 2000],
      [0, 512, 23, -9, 3000],
      [2, -1, 5, 5, 4000],
    ],
  });
});

test("a recording without a budget has no sequences, one with it may have none", () => {
  expect(new SequenceCollector({ ...hello, limits: {} }).finish()).toBeUndefined();
  expect(new SequenceCollector(hello).finish()).toEqual([]);
});

test.each([
  ["a row too short", [[17, 0, 1, 1]]],
  ["a call beyond every table", [[1024, 0, 1, 1, 1]]],
  ["an offset below -1", [[17, -2, 1, 1, 1]]],
  ["a time before the beginning", [[17, 0, 1, 1, -1]]],
  ["a fraction", [[17, 0.5, 1, 1, 1]]],
  ["no rows", "rows"],
])("%s is refused", (_what, rows) => {
  expect(() => sequenceOf(rows)).toThrow(/field of: expected/);
});

test("accesses without a sequence are refused", () => {
  expect(() => new SequenceCollector(hello).add(fieldsOf({ of: [] }))).toThrow(
    /no sequence came before/,
  );
});

test("whatever rows come, the result is whole or the error is ours", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (rows) => {
      try {
        const sequence = sequenceOf(rows);
        const calls = sequence?.calls.length ?? 0;
        for (const [call] of sequence?.accesses ?? []) expect(call).toBeLessThan(calls);
      } catch (error) {
        if (!(error instanceof CrossbillError)) throw error;
      }
    }),
  );
});
