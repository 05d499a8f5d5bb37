/** Limits: the lines of a budget read: `"openat": "<= 18 / request"`. */
import { parseAmount } from "../amount.ts";
import { UsageError } from "../errors.ts";
import { printable } from "../printable.ts";
import { parseQuantity, type Quantity } from "../quantity.ts";
import { type Budget, unitWordSchema } from "./shape.ts";

export interface Limit {
  /** Key and value as they stand in the budget. */
  readonly what: string;
  readonly text: string;
  readonly quantity: Quantity;
  readonly allowed: number;
  /** What it is divided by; null: the whole run. */
  readonly unit: string | null;
}

/**
 * All limits of a budget. @throws UsageError for one that cannot be read, or when they are per
 * different things.
 */
export function readLimits({ limits, per }: Pick<Budget, "limits" | "per">): Limit[] {
  const read = Object.entries(limits).map(([what, text]) => readLimit(what, text));
  const units = new Set([
    ...(per === undefined ? [] : [per.unit]),
    ...read.flatMap(({ unit }) => (unit === null ? [] : [unit])),
  ]);
  if (units.size > 1) {
    throw new UsageError(`the budget divides by several things: ${[...units].join(", ")}`, {
      remedy: "give each of them a budget of its own",
    });
  }
  return read;
}

function readLimit(what: string, text: string): Limit {
  const quantity = quantityOf(what);
  const [bound = "", unit, ...more] = text.split("/").map((part) => part.trim());
  const allowed = bound.startsWith("<=") ? parseAmount(bound.slice(2), quantity.unit) : null;
  const isUnit = unit === undefined || unitWordSchema.safeParse(unit).success;
  if (allowed === null || !isUnit || more.length > 0) {
    const amount = quantity.unit === "ns" ? "3 ms" : "40";
    throw new UsageError(`the budget's limit of ${shown(what)} cannot be read: ${shown(text)}`, {
      remedy: `write it as "<= ${amount}" or "<= ${amount} / request"`,
    });
  }
  return { what, text, quantity, allowed, unit: unit ?? null };
}

function quantityOf(what: string): Quantity {
  try {
    return parseQuantity(what);
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    throw new UsageError(`the budget limits something unknown: ${cause.message}`, {
      remedy: cause.remedy,
      cause,
    });
  }
}

function shown(text: string): string {
  return `"${printable(text, { maxWidth: 60 })}"`;
}
