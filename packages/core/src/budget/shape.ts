/** The budget's shape: what a program may cost in a build, and what came of it. */
import { z } from "zod";
import { billTargetSchema } from "../bill/shape.ts";
import { intervalSchema } from "../prices.ts";
import { quantityUnits } from "../quantity.ts";

export const BUDGET_SCHEMA = "crossbill.budget/1";
export const CHECK_SCHEMA = "crossbill.check/1";

const count = z.number().int().nonnegative();
/** One word, as it stands behind the "/" of a limit. */
export const unitWordSchema = z.string().regex(/^[a-zA-Z][\w-]{0,39}$/);

/** Keys of others, such as a comment, are kept when the file is updated. */
export const budgetSchema = z.looseObject({
  schema: z.literal(BUDGET_SCHEMA),
  /** What limits "per" something are divided by; the command line may say how many, too. */
  per: z
    .looseObject({
      unit: unitWordSchema,
      /** The program does so many. */
      count: z.number().int().positive().optional(),
      /** As many as lines of its standard output match this regular expression. */
      linesMatching: z.string().min(1).max(1000).optional(),
    })
    .optional(),
  /** What an update adds to what it saw: 0.1 is a tenth. */
  headroom: z.number().min(0).max(100).optional(),
  /** By quantity, such as "<= 18 / request" or "<= 3 ms". */
  limits: z.record(z.string().max(1000), z.string().max(100)),
});
export type Budget = z.infer<typeof budgetSchema>;

const shareSchema = z.object({
  process: z.object({ pid: count, comm: z.string(), exe: z.string().nullable() }),
  syscall: z.string(),
  target: billTargetSchema,
  /** How much of the quantity it is in the run that was judged. */
  amount: z.number().nonnegative(),
});

export const checkedLimitSchema = z.object({
  /** Its key in the budget, and the limit as it is written there. */
  what: z.string(),
  limit: z.string(),
  unit: z.enum(quantityUnits),
  allowed: z.number().nonnegative(),
  /** Of the run with the least of it, divided as the limit says; times as intervals. */
  seen: intervalSchema,
  /** A time breaks its limit only when its whole interval is above. */
  verdict: z.enum(["kept", "broken"]),
  /** How much too much it is at least; 0 when it is kept. */
  excess: z.number().nonnegative(),
  /** Of a broken limit: the lines that have most of it. */
  lines: z.array(shareSchema),
});
export type CheckedLimit = z.infer<typeof checkedLimitSchema>;

export const checkSchema = z.object({
  schema: z.literal(CHECK_SCHEMA),
  command: z.array(z.string()),
  machineKey: z.string(),
  startedAt: z.string(),
  /** How often the program ran. */
  runs: z.number().int().positive(),
  /** What limits were divided by, in each run; null: nothing. */
  per: z.object({ unit: z.string(), counts: z.array(count) }).nullable(),
  /** Calls and threads that the recorder could not keep, in all runs: counts are so much too low. */
  lost: count,
  limits: z.array(checkedLimitSchema),
});
export type Check = z.infer<typeof checkSchema>;
