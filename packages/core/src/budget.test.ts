/** Budgets: limits are read or refused, runs are judged by the lowest, an update passes its own check. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { makeBill } from "./bill.ts";
import { checkBudget, type Runs } from "./budget/judge.ts";
import { readLimits } from "./budget/limits.ts";
import { type Budget, checkSchema } from "./budget/shape.ts";
import { updateBudget } from "./budget/update.ts";
import { RecordingError, UsageError } from "./errors.ts";
import { anyPrices, anyRecording } from "./fixtures/arbitrary.ts";
import { line, prices, recording } from "./fixtures/recordings.ts";
import { parseQuantity, quantityNames } from "./quantity.ts";
import { parseBudget } from "./read-file.ts";
import type { RecordedLine } from "./recording.ts";

const billOf = (...lines: readonly Partial<RecordedLine>[]) =>
  makeBill(recording({ lines: lines.map(line) }), prices());
const once = (...lines: readonly Partial<RecordedLine>[]): Runs => [
  { bill: billOf(...lines), units: null },
];
const budgetOf = (limits: Budget["limits"], per?: Budget["per"]): Budget => ({
  schema: "crossbill.budget/1",
  ...(per === undefined ? {} : { per }),
  limits,
});
const check = (limits: Budget["limits"], runs: Runs, unit: string | null = null) =>
  checkBudget(readLimits(budgetOf(limits)), runs, unit);

test("a limit is kept up to its value, and broken by one call more", () => {
  const limits = { openat: "<= 40", ENOENT: "<= 10", syscalls: "<= 53" };
  const lines = (opens: number, missing: number) =>
    once({ syscall: "openat", count: opens }, { syscall: "stat", count: missing, error: "ENOENT" });
  expect(check(limits, lines(40, 10)).limits.map(({ verdict }) => verdict)).toEqual([
    "kept",
    "kept",
    "kept",
  ]);
  expect(check(limits, lines(41, 13)).limits).toMatchObject([
    { what: "openat", verdict: "broken", excess: 1, seen: { likely: 41 } },
    { what: "ENOENT", verdict: "broken", excess: 3 },
    { what: "syscalls", verdict: "broken", excess: 1 },
  ]);
});

test("a broken limit names the lines that have most of it", () => {
  const [limit] = check(
    { read: "<= 10" },
    once(
      ...[3, 17, 5, 7].map((count, at) => ({ count, kind: at > 1 ? "file" : "pipe" }) as const),
      { syscall: "write", count: 99 },
    ),
  ).limits;
  expect(limit?.lines.map(({ amount, syscall }) => [syscall, amount])).toEqual([
    ["read", 20],
    ["read", 12],
  ]);
});

test("limits per unit divide each run by its own units, and the lowest run is judged", () => {
  const runs: Runs = [
    { bill: billOf({ count: 200 }), units: 10 },
    { bill: billOf({ count: 189 }), units: 10 },
    { bill: billOf({ count: 100 }), units: 5 },
  ];
  const one = check({ read: "<= 18 / request" }, runs, "request");
  expect(one.per).toEqual({ unit: "request", counts: [10, 10, 5] });
  expect(one.limits).toMatchObject([{ seen: { likely: 18.9 }, verdict: "broken" }]);
  expect(check({ read: "<= 18.9 / request" }, runs, "request").limits[0]?.verdict).toBe("kept");
});

test("a time is broken only when its whole interval is above the limit", () => {
  const bill = billOf({ count: 1 });
  const runs = (low: number): Runs => [
    {
      bill: {
        ...bill,
        intervals: { ...bill.intervals, boundaryNs: { low, likely: 4e6, high: 5e6 } },
      },
      units: null,
    },
  ];
  expect(check({ boundary: "<= 3 ms" }, runs(2.9e6)).limits[0]?.verdict).toBe("kept");
  expect(check({ boundary: "<= 3 ms" }, runs(3.1e6)).limits[0]?.verdict).toBe("broken");
});

test.each([
  [{ raed: "<= 1" }, "read"],
  [{ read: "1" }, "<= 40"],
  [{ read: "< 1" }, "<= 40"],
  [{ read: "<= 1 ms" }, "<= 40"],
  [{ boundary: "<= 1" }, "<= 3 ms"],
  [{ read: "<= 1 / " }, "/ request"],
  [{ read: "<= 1 / a / b" }, "/ request"],
  [{ read: "<= 1 / a", write: "<= 1 / b" }, "budget of its own"],
] as const)("%j is refused with advice", (limits, advice) => {
  let said = "";
  try {
    readLimits(budgetOf({ ...limits }));
  } catch (error) {
    if (error instanceof UsageError) said = `${error.message}; ${error.remedy ?? ""}`;
  }
  expect(said).toContain(advice);
});

test("a broken budget file names its field, and keys of others are kept", () => {
  const sound = { ...budgetOf({ read: "<= 1" }), comment: "why" };
  expect(parseBudget(JSON.stringify(sound))).toEqual(sound);
  const refused = (change: object) => () => parseBudget(JSON.stringify({ ...sound, ...change }));
  expect(refused({ limits: { read: 3 } })).toThrow(/limits\.read: expected string, got number 3/);
  expect(refused({ per: { unit: "a b" } })).toThrow(/per\.unit/);
  expect(refused({ schema: "crossbill.budget/2" })).toThrow(/newer crossbill/);
  expect(refused({ schema: "crossbill.bill/1" })).toThrow(/is a bill, not a budget/);
  expect(() => parseBudget("{")).toThrow(RecordingError);
});

test("an update keeps what the budget limits, with the headroom it states", () => {
  const budget = { ...budgetOf({ "!read": "<= 1", read: "<= 2 / call" }), comment: "why" };
  const runs: Runs = [{ bill: billOf({ count: 50 }, { syscall: "write", count: 57 }), units: 10 }];
  const per = { unit: "call", count: 10 };
  const updated = updateBudget({ budget, runs, per, headroom: null });
  expect(updated).toEqual({
    ...{ schema: "crossbill.budget/1", comment: "why", per, headroom: 0.1 },
    limits: { "!read": "<= 63", read: "<= 5.5 / call" },
  });
  const exact = updateBudget({ budget: updated, runs, per: null, headroom: 0 });
  expect(exact).toMatchObject({ headroom: 0, limits: { "!read": "<= 57", read: "<= 5 / call" } });
});

test("a new budget limits all calls, errors, faults and the frequent calls, but no times", () => {
  const runs = once({ count: 90 }, { syscall: "close", count: 8 }, { syscall: "brk", count: 2 });
  const { limits } = updateBudget({ budget: null, runs, per: null, headroom: 0 });
  expect(limits).toEqual({
    ...{ syscalls: "<= 100", errors: "<= 0", "minor faults": "<= 0" },
    ...{ read: "<= 90", close: "<= 8" },
  });
});

const anyBill = fc.tuple(anyRecording, anyPrices).map(([one, priced]) => makeBill(one, priced));
const anyRuns = fc
  .array(fc.record({ bill: anyBill, units: fc.integer({ min: 1, max: 1e6 }) }), {
    minLength: 1,
    maxLength: 3,
  })
  .map(([first, ...others]): Runs => {
    if (first === undefined) throw new Error("at least one run");
    return [first, ...others];
  });

test("what an update writes passes the check of the same runs, and can be read again", () => {
  const names = fc.subarray([...quantityNames, "read", "!futex", "ENOENT", "%file"]);
  const perUnit = fc.boolean();
  fc.assert(
    fc.property(
      anyRuns,
      names,
      perUnit,
      fc.double({ min: 0, max: 2, noNaN: true }),
      (runs, known, divided, room) => {
        const limits = known.map((name) => {
          const zero = parseQuantity(name).unit === "ns" ? "0 ns" : "0";
          return [name, `<= ${zero}${divided ? " / job" : ""}`] as const;
        });
        const per = divided ? { unit: "job" } : null;
        const budget = known.length === 0 ? null : budgetOf(Object.fromEntries(limits));
        const updated = updateBudget({ budget, runs, per, headroom: room });
        const read = parseBudget(JSON.stringify(updated));
        expect(read).toEqual(updated);
        const checked = checkBudget(readLimits(read), runs, per?.unit ?? null);
        expect(checkSchema.safeParse(checked).error).toBeUndefined();
        expect(checked.limits.filter(({ verdict }) => verdict === "broken")).toEqual([]);
        const again = updateBudget({ budget: read, runs, per, headroom: null });
        expect(again).toEqual(updated);
      },
    ),
  );
});

test("the published schemas of budgets and checks accept what is written", () => {
  const published = (name: string) => {
    const file = path.join(import.meta.dirname, `../../../docs/schemas/${name}.schema.json`);
    const schema: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof schema !== "object" || schema === null) throw new Error(`${name}: no schema`);
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
    return (value: unknown) => (validate(value) ? null : validate.errors);
  };
  const runs = once({ count: 7, kind: "file" });
  const budget = updateBudget({ budget: null, runs, per: null, headroom: null });
  expect(published("budget")(budget)).toBeNull();
  expect(published("budget")({ ...budget, limits: { read: 3 } })).not.toBeNull();
  expect(published("check")(check({ read: "<= 1" }, runs))).toBeNull();
});
