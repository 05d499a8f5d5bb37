/** The diff: nothing differs from itself, both directions say the same, counts are exact. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Bill } from "./bill/shape.ts";
import { makeBill } from "./bill.ts";
import { parseRule } from "./diff/rule.ts";
import { type Diff, diffSchema } from "./diff/shape.ts";
import { diffBills } from "./diff.ts";
import { UsageError } from "./errors.ts";
import { anyPrices, anyRecording } from "./fixtures/arbitrary.ts";
import { line, machine, prices, process, recording } from "./fixtures/recordings.ts";
import type { RecordedLine, Target } from "./recording.ts";

const anyBill = fc.tuple(anyRecording, anyPrices).map(([one, priced]) => makeBill(one, priced));

function billOf(lines: readonly Partial<RecordedLine>[], targets: Partial<Target>[] = []): Bill {
  const complete = targets.map((fields, at) => ({
    ...{ id: `${at}`, kind: "file" as const, name: null, fileSystem: null },
    ...{ deleted: false, truncated: false },
    ...fields,
  }));
  return makeBill(recording({ lines: lines.map(line), targets: complete }), prices());
}

/** The same diff seen from the other side. */
function mirrored(diff: Diff): Diff {
  const swap = <T extends { a: unknown; b: unknown }>(pair: T): T => ({
    ...pair,
    a: pair.b,
    b: pair.a,
  });
  const states = { added: "gone", gone: "added", changed: "changed" } as const;
  const change = <T extends Diff["syscalls"][number]>(row: T): T => ({
    ...row,
    state: states[row.state],
    calls: swap(row.calls),
    bytes: swap(row.bytes),
    errors: Object.fromEntries(
      Object.entries(row.errors).map(([name, pair]) => [name, swap(pair)]),
    ),
  });
  return {
    ...swap(diff),
    totals: diff.totals.map(swap),
    syscalls: diff.syscalls.map(change),
    lines: diff.lines.map((row) => ({
      ...row,
      ...change({ ...row, name: "" }),
      kernelNs: swap(row.kernelNs),
    })),
  };
}

const withoutNames = (diff: Diff): unknown =>
  JSON.parse(JSON.stringify(diff).replaceAll(',"name":""', ""));

test("a bill does not differ from itself", () => {
  fc.assert(
    fc.property(anyBill, (bill) => {
      const diff = diffBills(bill, bill, [parseRule("crossings>0"), parseRule("boundary>0 ns")]);
      expect(diff).toMatchObject({ timesCompared: true, syscalls: [], lines: [] });
      expect(diff.totals.filter(({ differs }) => differs === true)).toEqual([]);
      expect(diff.rules.map(({ verdict }) => verdict)).toEqual(["kept", "kept"]);
    }),
  );
});

test("what the diff says one way is what it says the other way", () => {
  fc.assert(
    fc.property(anyBill, anyBill, (a, b) => {
      expect(withoutNames(mirrored(diffBills(a, b)))).toEqual(withoutNames(diffBills(b, a)));
    }),
  );
});

test("the differences of the calls add up to that of the whole", () => {
  fc.assert(
    fc.property(anyBill, anyBill, (a, b) => {
      const { totals, syscalls } = diffBills(a, b);
      const bytes = totals.find(({ name }) => name === "bytes");
      const grown = syscalls.reduce((sum, row) => sum + row.bytes.b - row.bytes.a, 0);
      expect(grown).toBe((bytes?.b.likely ?? 0) - (bytes?.a.likely ?? 0));
    }),
  );
});

test("it has the shape it promises, also as published", () => {
  const file = path.join(import.meta.dirname, "../../../docs/schemas/diff.schema.json");
  const schema: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (typeof schema !== "object" || schema === null) throw new Error("no schema");
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
  fc.assert(
    fc.property(anyBill, anyBill, (a, b) => {
      const diff = diffBills(a, b, [parseRule("futex>20%+50")]);
      expect(diffSchema.safeParse(diff).error).toBeUndefined();
      expect(validate(diff), JSON.stringify(validate.errors)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test("calls, bytes and errors are told by line, what changed most first", () => {
  const [a, b] = [
    billOf([
      { syscall: "read", count: 3, bytes: 30 },
      { syscall: "openat", count: 2, error: "ENOENT" },
    ]),
    billOf([
      { syscall: "read", count: 3, bytes: 31 },
      { syscall: "openat", count: 13, error: "ENOENT" },
    ]),
  ];
  const { lines, syscalls } = diffBills(a, b);
  const opens = { calls: { a: 2, b: 13 }, errors: { ENOENT: { a: 2, b: 13 } }, state: "changed" };
  expect(syscalls).toMatchObject([
    { name: "openat", ...opens },
    { name: "read", bytes: { a: 30, b: 31 } },
  ]);
  expect(lines).toMatchObject([
    { syscall: "openat", ...opens },
    { syscall: "read", errors: {} },
  ]);
});

test("inodes, ports, terminals and pids do not make a line another one", () => {
  const named = (inode: number, port: number, pid: number) => {
    const targets: Partial<Target>[] = [
      { kind: "pipe", name: `pipe:[${inode}]` },
      { kind: "tcp", name: `127.0.0.1:${port} > 127.0.0.1:8080` },
      { kind: "file", name: `/proc/${pid}/status` },
      { kind: "terminal", name: `/dev/pts/${inode}` },
    ];
    const lines = targets.map(({ kind = "file" }, at) => line({ kind, target: `${at}`, count: 5 }));
    const all = targets.map((target, at) => ({
      ...{ id: `${at}`, kind: "file" as const, name: null, fileSystem: null },
      ...{ deleted: false, truncated: false },
      ...target,
    }));
    return makeBill(recording({ processes: [process({ pid })], lines, targets: all }), prices());
  };
  expect(diffBills(named(1234, 40_112, 100), named(99, 51_000, 200)).lines).toEqual([]);
  const served = diffBills(named(1, 40_000, 7), named(1, 8081, 7)).lines;
  expect(served.map(({ state }) => state).toSorted()).toEqual(["added", "gone"]);
});

test("a path that another program has is another line", () => {
  const [a, b] = ["/var/log/1", "/var/log/2"].map((name) => billOf([{ target: "0" }], [{ name }]));
  if (a === undefined || b === undefined) throw new Error("two bills");
  const names = diffBills(a, b).lines.map(({ target }) => target.name);
  expect(new Set(names)).toEqual(new Set(["/var/log/1", "/var/log/2"]));
});

test("processes are matched by name and order, whatever their pids and folders", () => {
  const workers = (folder: string, pid: number, counts: readonly number[]) =>
    makeBill(
      recording({
        processes: counts.map((_, id) =>
          process({ id, pid: pid + id, comm: "worker", exe: `${folder}/worker` }),
        ),
        lines: counts.map((count, id) => line({ process: id, count })),
      }),
      prices(),
    );
  const { lines } = diffBills(workers("/old", 10, [2, 3]), workers("/new", 90, [2, 5, 7]));
  expect(lines).toMatchObject([
    {
      process: { comm: "worker", program: "worker", nth: 3 },
      state: "added",
      calls: { a: 0, b: 7 },
    },
    { process: { nth: 2 }, state: "changed", calls: { a: 3, b: 5 } },
  ]);
});

test("times differ only when their intervals do not meet, and not between machines", () => {
  const timed = (kernelNs: number, key = machine.key) => {
    const bill = billOf([{ count: 3 }]);
    const interval = { low: kernelNs * 0.9, likely: kernelNs, high: kernelNs * 1.1 };
    return {
      ...bill,
      machine: { ...machine, key },
      intervals: { ...bill.intervals, kernelNs: interval },
      lines: bill.lines.map((row) => ({ ...row, intervals: { kernelNs: interval } })),
    };
  };
  const kernel = ({ totals }: Diff) => totals.find(({ name }) => name === "kernel")?.differs;
  expect(kernel(diffBills(timed(100), timed(115)))).toBe(false);
  const far = diffBills(timed(100), timed(130));
  expect(kernel(far)).toBe(true);
  expect(far.lines).toMatchObject([{ state: "changed", calls: { a: 3, b: 3 } }]);
  const rule = parseRule("kernel>10%");
  const other = diffBills(timed(100), timed(900, "another"), [rule, parseRule("read>0")]);
  expect(other).toMatchObject({ timesCompared: false, lines: [] });
  expect(kernel(other)).toBeNull();
  expect(other.rules.map(({ verdict }) => verdict)).toEqual(["not judged", "kept"]);
  // At least 117 against at most 110: surely 6 % more, not surely 10 %.
  expect(diffBills(timed(100), timed(130), [rule]).rules[0]?.verdict).toBe("kept");
  expect(diffBills(timed(100), timed(140), [rule]).rules[0]?.verdict).toBe("broken");
});

test.each([
  ["crossings>5%", 100, 105, "kept"],
  ["crossings>5%", 100, 106, "broken"],
  ["read>0", 100, 101, "broken"],
  ["read > 0", 101, 100, "kept"],
  ["read>20%+50", 100, 170, "kept"],
  ["read>20%+50", 100, 171, "broken"],
  ["read>5%", 0, 1, "broken"],
] as const)("%s, from %s to %s, is %s", (rule, before, after, verdict) => {
  const diff = diffBills(billOf([{ count: before }]), billOf([{ count: after }]), [
    parseRule(rule),
  ]);
  expect(diff.rules).toMatchObject([{ rule, verdict, growth: after - before }]);
});

test("calls that come and go by chance can be left out of a rule", () => {
  const lines = (futex: number) => [{ count: 5 }, { syscall: "futex", count: futex }];
  const rules = ["syscalls>0", "syscalls:!futex>0"].map(parseRule);
  const verdicts = diffBills(billOf(lines(1)), billOf(lines(9)), rules).rules;
  expect(verdicts.map(({ verdict }) => verdict)).toEqual(["broken", "kept"]);
});

test.each(["crossings", "crossings>", "crossings>5 %%", "boundary>5", "read>3ms", "raed>0", ">5%"])(
  "%s is no rule, and refused with advice",
  (rule) => {
    expect(() => parseRule(rule)).toThrow(UsageError);
  },
);
