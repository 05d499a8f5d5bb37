/** Sequences: a recorded order keeps its numbers, and says what it was about. */
import { expect, test } from "vitest";
import { makeBill } from "../bill.ts";
import { prices, process, recording } from "../fixtures/recordings.ts";
import { checkReferences } from "../recording-references.ts";
import { parseTraceExpression } from "../trace-expression.ts";
import { selectCalls } from "./select-calls.ts";

const file = { kind: "file", fileSystem: "ext4", deleted: false, truncated: false } as const;
const sequence = {
  process: 0,
  descriptor: 3,
  target: "a",
  complete: false,
  calls: ["pread64", "lseek"],
  accesses: [
    [0, 4096, 16, 16, 1000],
    [1, 0, 0, 0, 2000],
  ] satisfies [number, number, number, number, number][],
};
const recorded = recording({
  processes: [process({ taxes: ["seccomp"], faultKinds: { anonymous: 3, file: 2, other: 0 } })],
  targets: [{ ...file, id: "a", name: "/tmp/log", sizeBytes: 23 }],
  sequences: [sequence],
});

test("the bill has the target in place of its id", () => {
  expect(makeBill(recorded, prices()).sequences).toEqual([
    { ...sequence, target: { ...file, path: "/tmp/log", unresolved: false, sizeBytes: 23 } },
  ]);
  expect(makeBill(recording(), prices())).not.toHaveProperty("sequences");
});

test("taxes and kinds of faults are those of the process", () => {
  expect(makeBill(recorded, prices()).processes[0]).toMatchObject({
    taxes: ["seccomp"],
    faultKinds: { anonymous: 3, file: 2, other: 0 },
  });
  expect(makeBill(recording(), prices()).processes[0]).not.toHaveProperty("taxes");
});

test("a selection of calls keeps the sequences that have one of them", () => {
  const bill = makeBill(recorded, prices());
  expect(selectCalls(bill, parseTraceExpression("lseek")).sequences).toHaveLength(1);
  expect(selectCalls(bill, parseTraceExpression("write")).sequences).toEqual([]);
  const without = makeBill(recording(), prices());
  expect(selectCalls(without, parseTraceExpression("read"))).not.toHaveProperty("sequences");
});

test("a sequence that leads nowhere is refused", () => {
  const broken = (fields: Partial<typeof sequence>) =>
    checkReferences({ ...recorded, sequences: [{ ...sequence, ...fields }] })?.field;
  expect(broken({})).toBeUndefined();
  expect(broken({ process: 9 })).toBe("sequences[0].process");
  expect(broken({ target: "b" })).toBe("sequences[0].target");
  expect(broken({ accesses: [[2, 0, 1, 1, 1]] })).toBe("sequences[0].accesses[0]");
});
