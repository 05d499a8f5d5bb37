/** Judge: what runs of a program came to beside the limits of a budget. */
import { callsLost } from "../bill/calls-lost.ts";
import type { Bill } from "../bill/shape.ts";
import type { Interval } from "../prices.ts";
import type { Limit } from "./limits.ts";
import { CHECK_SCHEMA, type Check, type CheckedLimit } from "./shape.ts";

/** How many lines of the bill show what makes up a broken limit. */
const LINES = 3;

/** A bill, and how many units of work the program did meanwhile; null: they were not counted. */
export interface Run {
  readonly bill: Bill;
  readonly units: number | null;
}

export type Runs = readonly [Run, ...Run[]];

/** `unit`: the word for what was counted in each run. */
export function checkBudget(limits: readonly Limit[], runs: Runs, unit: string | null): Check {
  const [{ bill: first }] = runs;
  return {
    schema: CHECK_SCHEMA,
    command: first.command,
    machineKey: first.machine.key,
    startedAt: first.startedAt,
    runs: runs.length,
    per: unit === null ? null : { unit, counts: runs.map(({ units }) => units ?? 0) },
    lost: runs.reduce((sum, { bill }) => sum + callsLost(bill), 0),
    limits: limits.map((limit) => judge(limit, runs)),
  };
}

function judge(limit: Limit, runs: Runs): CheckedLimit {
  const { what, text, quantity, allowed } = limit;
  const { run, seen } = leastOf(limit, runs);
  const isBroken = seen.low > allowed;
  return {
    what,
    limit: text,
    unit: quantity.unit,
    allowed,
    seen,
    verdict: isBroken ? "broken" : "kept",
    excess: isBroken ? seen.low - allowed : 0,
    lines: isBroken ? linesOf(limit, run.bill) : [],
  };
}

/** The run with the least of it: what disturbs a run only ever adds to it. */
export function leastOf(
  { quantity, unit }: Pick<Limit, "quantity" | "unit">,
  runs: Runs,
): { readonly run: Run; readonly seen: Interval } {
  const of = (run: Run) => {
    const whole = quantity.read(run.bill);
    return { run, seen: unit === null ? whole : divide(whole, run.units ?? 1) };
  };
  const [first, ...others] = runs;
  return others
    .map(of)
    .reduce((least, one) => (one.seen.low < least.seen.low ? one : least), of(first));
}

/** A quotient is rounded as a limit is read; a product with the reciprocal may be off by a bit. */
function divide({ low, likely, high }: Interval, by: number): Interval {
  return { low: low / by, likely: likely / by, high: high / by };
}

function linesOf({ quantity }: Limit, bill: Bill): CheckedLimit["lines"] {
  return bill.lines
    .map((line) => ({ line, amount: quantity.weigh(line) }))
    .filter(({ amount }) => amount > 0)
    .toSorted((one, other) => other.amount - one.amount)
    .slice(0, LINES)
    .map(({ line, amount }) => {
      const { pid, comm, exe } = line.process;
      return { process: { pid, comm, exe }, syscall: line.syscall, target: line.target, amount };
    });
}
