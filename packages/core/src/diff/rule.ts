/** Rule: how much of a quantity one bill may have beyond another: `openat>5%`, `futex>20%+50`. */

import { parseAmount } from "../amount.ts";
import { UsageError } from "../errors.ts";
import { printable } from "../printable.ts";
import { parseQuantity, type Quantity } from "../quantity.ts";

export interface Rule {
  /** As it was written. */
  readonly text: string;
  readonly quantity: Quantity;
  /** Growth that is allowed: a share of what there was, and so much beside it. */
  readonly share: number;
  readonly amount: number;
}

/**
 * Reads `WHAT>TERM` or `WHAT>TERM+TERM`; a term is a percentage or an amount with the unit of WHAT,
 * and the terms add up. @throws UsageError.
 */
export function parseRule(text: string): Rule {
  const at = text.lastIndexOf(">");
  if (at < 0) {
    throw new UsageError(`--fail-on: ${shown(text)} has no ">"`, {
      remedy: 'write what must not grow by more than what, such as "crossings>5%"',
    });
  }
  const quantity = parseQuantity(text.slice(0, at));
  const terms = text.slice(at + 1).split("+");
  const growth = terms.map((term) => parseTerm(term.trim(), quantity, text));
  return {
    text,
    quantity,
    share: growth.reduce((sum, term) => sum + term.share, 0),
    amount: growth.reduce((sum, term) => sum + term.amount, 0),
  };
}

function parseTerm(term: string, { unit }: Quantity, rule: string): Pick<Rule, "share" | "amount"> {
  const percent = /^(\d{1,9}(?:\.\d{1,9})?)\s*%$/.exec(term)?.[1];
  if (percent !== undefined) return { share: Number(percent) / 100, amount: 0 };
  const amount = parseAmount(term, unit);
  if (amount !== null) return { share: 0, amount };
  const example = unit === "ns" ? "10% or 2ms" : "5% or 40, or both with a + between";
  throw new UsageError(`--fail-on ${shown(rule)}: ${shown(term)} is no growth`, {
    remedy: `write ${example}`,
  });
}

function shown(text: string): string {
  return `"${printable(text, { maxWidth: 60 })}"`;
}
