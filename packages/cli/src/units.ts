/** Units of work: what the limits of a budget are divided by, from the command line or the budget. */
import { type Budget, type Limit, UsageError } from "@crossbill/core";
import { parsePattern } from "./line-pattern.ts";

/** Of a run: so many, or one for each line of output that matches. */
export interface Units {
  readonly word: string;
  readonly count: number | null;
  readonly pattern: RegExp | null;
}

export interface UnitFlags {
  readonly per: number | null;
  readonly perLine: RegExp | null;
}

/**
 * The command line comes first, then the budget. null: limits are those of whole runs.
 * @throws UsageError when both flags are given, or limits are per something that nobody counts.
 */
export function chooseUnits(
  flags: UnitFlags,
  budget: Budget | null,
  limits: readonly Limit[],
): Units | null {
  const { per, perLine } = flags;
  if (per !== null && perLine !== null) {
    throw new UsageError("check: --per and --per-line exclude each other", {
      remedy: "count the units in one way",
    });
  }
  const known = budget?.per?.unit ?? limits.find(({ unit }) => unit !== null)?.unit ?? null;
  if (per !== null) return { word: known ?? "unit", count: per, pattern: null };
  if (perLine !== null) return { word: known ?? "line", count: null, pattern: perLine };
  const { count, linesMatching } = budget?.per ?? {};
  if (known !== null && count !== undefined) return { word: known, count, pattern: null };
  if (known !== null && linesMatching !== undefined) {
    return { word: known, count: null, pattern: parsePattern(linesMatching) };
  }
  if (limits.every(({ unit }) => unit === null)) return null;
  throw new UsageError(`check: the budget is per ${known}, and nothing says how many there are`, {
    remedy: "say it with --per COUNT or --per-line PATTERN",
  });
}

/** As a budget keeps them. */
export function unitsForBudget({ word, count, pattern }: Units): NonNullable<Budget["per"]> {
  return {
    unit: word,
    ...(count === null ? {} : { count }),
    ...(pattern === null ? {} : { linesMatching: pattern.source }),
  };
}
