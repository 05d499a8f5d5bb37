/** Update: a budget from what was seen, with headroom. */
import { amountAtLeast } from "../amount.ts";
import { sum } from "../bill/sum.ts";
import { parseQuantity, type Quantity } from "../quantity.ts";
import { leastOf, type Runs } from "./judge.ts";
import { readLimits } from "./limits.ts";
import { BUDGET_SCHEMA, type Budget } from "./shape.ts";

/** Added to what was seen: loaders, locales and allocators differ a little between machines. */
export const HEADROOM_DEFAULT = 0.1;
/** Calls that make up this much of all get a limit of their own in a new budget. */
const CALLS_SHARE = 0.05;
/** No times: those of another machine would break them. */
const alwaysLimited = ["syscalls", "errors", "minor faults"];

export interface Update {
  /** null: there is none yet. */
  readonly budget: Budget | null;
  readonly runs: Runs;
  /** What was counted, and how; null: nothing. */
  readonly per: NonNullable<Budget["per"]> | null;
  /** null: that of the budget, else the usual one. */
  readonly headroom: number | null;
}

/** The same limits, or in a new budget those that tell most, each as low as the runs allow. */
export function updateBudget({ budget, runs, per, headroom }: Update): Budget {
  const room = headroom ?? budget?.headroom ?? HEADROOM_DEFAULT;
  const known = budget === null ? [] : readLimits(budget);
  const limits =
    known.length > 0
      ? known
      : namesFor(runs).map((what) => ({
          what,
          quantity: parseQuantity(what),
          unit: per?.unit ?? null,
        }));
  const written = limits.map(({ what, quantity, unit }) => {
    const { high } = leastOf({ quantity, unit }, runs).seen;
    return [what, limitText(high + high * room, quantity, unit)] as const;
  });
  return {
    ...budget,
    schema: BUDGET_SCHEMA,
    ...(per === null ? {} : { per }),
    headroom: room,
    limits: Object.fromEntries(written),
  };
}

/** Of a whole run there are no pieces of a call. */
function limitText(value: number, { unit }: Quantity, per: string | null): string {
  if (per !== null) return `<= ${amountAtLeast(value, unit)} / ${per}`;
  return `<= ${amountAtLeast(unit === "ns" ? value : Math.ceil(value), unit)}`;
}

function namesFor([{ bill }]: Runs): string[] {
  const all = sum(bill.syscalls, ({ count }) => count);
  const frequent = bill.syscalls
    .filter(({ count }) => count > 0 && count >= all * CALLS_SHARE)
    .toSorted((one, other) => other.count - one.count)
    .map(({ name }) => name);
  return [...alwaysLimited, ...frequent];
}
