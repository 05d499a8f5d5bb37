/** The diff: two bills of one program, counts exactly, times by their intervals. Pure. */
import { callsLost } from "./bill/calls-lost.ts";
import type { Bill } from "./bill/shape.ts";
import { compareTimes, lineChanges, syscallChanges } from "./diff/changes.ts";
import type { Rule } from "./diff/rule.ts";
import { DIFF_SCHEMA, type Diff, type DiffTotal, type RuleResult } from "./diff/shape.ts";
import { parseQuantity, type Quantity } from "./quantity.ts";

/** What every diff shows, in this order. */
const totals: readonly Quantity[] = [
  "crossings",
  "errors",
  "bytes",
  "minor faults",
  "major faults",
  "voluntary switches",
  "involuntary switches",
  "user",
  "boundary",
  "kernel",
  "waiting",
  "elapsed",
].map(parseQuantity);

/** What `b` has otherwise than `a`, and which rules that breaks. */
export function diffBills(a: Bill, b: Bill, rules: readonly Rule[] = []): Diff {
  const timesCompared = a.machine.key === b.machine.key;
  return {
    schema: DIFF_SCHEMA,
    a: sideOf(a),
    b: sideOf(b),
    timesCompared,
    totals: totals.map((quantity) => totalOf(quantity, a, b, timesCompared)),
    syscalls: syscallChanges(a, b),
    lines: lineChanges(a, b, timesCompared),
    rules: rules.map((rule) => judgeRule(rule, a, b, timesCompared)),
  };
}

function sideOf(bill: Bill): Diff["a"] {
  const { command, startedAt, machine, recorder, timing, exit } = bill;
  const lost = callsLost(bill);
  return { command, startedAt, machineKey: machine.key, recorder, timing, exit, lost };
}

function totalOf(quantity: Quantity, a: Bill, b: Bill, timesCompared: boolean): DiffTotal {
  const { name, unit, certainty } = quantity;
  // Of a single measurement nobody knows how far the next one is off.
  const isComparable = certainty === "exact" || (certainty === "bounded" && timesCompared);
  return { name, unit, ...compareTimes(quantity.read(a), quantity.read(b), isComparable) };
}

/** A bounded time breaks a rule only when it surely grew by more: its low end against the high one. */
function judgeRule(rule: Rule, a: Bill, b: Bill, timesCompared: boolean): RuleResult {
  const { quantity, text, share, amount } = rule;
  const [before, after] = [quantity.read(a), quantity.read(b)];
  const allowed = before.high * share + amount;
  const growth = after.low - before.high;
  const judged = growth > allowed ? "broken" : "kept";
  return {
    rule: text,
    name: quantity.name,
    unit: quantity.unit,
    verdict: quantity.unit === "ns" && !timesCompared ? "not judged" : judged,
    a: before,
    b: after,
    allowed,
    growth,
  };
}
