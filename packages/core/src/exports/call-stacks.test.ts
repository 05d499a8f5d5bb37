/** Call stacks: what of a recorded stack is shown, and how costs fall on several. */
import { expect, test } from "vitest";
import { makeBill } from "../bill.ts";
import { line, prices, process, recording } from "../fixtures/recordings.ts";
import type { RecordedStack } from "../recording.ts";
import { callStacks } from "./call-stacks.ts";

/** Seven reads of which four waited, 700 ns in all. */
function shown(stacks: readonly Omit<RecordedStack, "process">[]) {
  const wait = { ioNs: 0, otherNs: 700 };
  const recorded = recording({
    processes: [process({ wallNs: 1e6, onCpuNs: 1e5 })],
    lines: [line({ count: 7, bytes: 70, wait })],
    stacks: stacks.map((stack) => ({ process: 0, ...stack })),
  });
  return callStacks(makeBill(recorded, prices())).map(({ frames, values }) => ({
    frames: frames.map(({ name }) => name),
    values,
  }));
}

const frame = (offset: string) => ({ buildId: null, offset });

test("a call without a stack is under a place that says so", () => {
  expect(shown([])).toMatchObject([
    { frames: ["(call site not known)", "read"], values: { crossings: 7, wait: 700, bytes: 70 } },
  ]);
});

test("waiting falls on stacks by where waits ended, all else by time on the CPU", () => {
  const stacks = [
    { syscall: "read", samples: 6, frames: [frame("a")] },
    { syscall: "read", samples: 1, frames: [frame("b"), frame("main")] },
    { syscall: "read", samples: 0, waits: 4, frames: [frame("c")] },
    { syscall: null, samples: 50, frames: [frame("user")] },
    { syscall: "write", samples: 50, frames: [frame("other")] },
  ];
  expect(shown(stacks)).toMatchObject([
    { frames: ["0xa", "read"], values: { crossings: 6, wait: 0, bytes: 60 } },
    { frames: ["0xmain", "0xb", "read"], values: { crossings: 1, wait: 0, bytes: 10 } },
    { frames: ["0xc", "read"], values: { crossings: 0, wait: 700, bytes: 0 } },
  ]);
});

test("guesses are marked, and those without a name are left out", () => {
  const symbol = { function: "copy", file: null, line: null, module: "/usr/bin/cp" };
  const guess = { ...frame("2"), guess: true } as const;
  const of = (frames: RecordedStack["frames"]) =>
    shown([{ syscall: "read", samples: 1, frames }]).map((stack) => stack.frames);
  expect(of([{ ...frame("1"), buildId: "ab" }, guess, { ...guess, symbol }])).toEqual([
    ["copy?", "ab+0x1", "read"],
  ]);
  expect(of([guess])).toEqual([["(call site not known)", "read"]]);
});
