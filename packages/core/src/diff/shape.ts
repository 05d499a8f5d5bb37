/** The diff's shape: what became of one bill in another; the JSON of crossbill diff. */
import { z } from "zod";
import { intervalSchema } from "../prices.ts";
import { quantityUnits } from "../quantity.ts";
import { descriptorKindSchema, recorderNameSchema } from "../recording.ts";

export const DIFF_SCHEMA = "crossbill.diff/1";

const count = z.number().int().nonnegative();
const countsSchema = z.object({ a: count, b: count });
export type Counts = z.infer<typeof countsSchema>;

const timesSchema = z.object({
  a: intervalSchema,
  b: intervalSchema,
  /** Whether the intervals do not meet; null when they cannot be compared. */
  differs: z.boolean().nullable(),
});
export type Times = z.infer<typeof timesSchema>;

const sideSchema = z.object({
  command: z.array(z.string()),
  startedAt: z.string(),
  machineKey: z.string(),
  recorder: recorderNameSchema,
  timing: z.enum(["sampled", "exact"]),
  exit: z.object({ code: z.number().int().nullable(), signal: z.string().nullable() }),
  /** Calls and threads the recorder could not keep: its counts are that much too low. */
  lost: count,
});

const totalSchema = z.object({
  name: z.string(),
  unit: z.enum(quantityUnits),
  /** Counts have equal ends. */
  a: intervalSchema,
  b: intervalSchema,
  /** Counts: whether they are unequal. Times: as everywhere here. */
  differs: z.boolean().nullable(),
});
export type DiffTotal = z.infer<typeof totalSchema>;

/** What one set of calls came to; of a side without them everything is 0. */
const changeSchema = z.object({
  state: z.enum(["added", "gone", "changed"]),
  /** Calls entered, those that did not return too. */
  calls: countsSchema,
  bytes: countsSchema,
  /** By name, equal ones left out. */
  errors: z.record(z.string(), countsSchema),
});

const syscallSchema = changeSchema.extend({ name: z.string() });
export type DiffSyscall = z.infer<typeof syscallSchema>;

export const diffProcessSchema = z.object({
  comm: z.string(),
  /** Name of the executable without its folder. */
  program: z.string().nullable(),
  /** From 1 on: which of those that have the same two names, in the order of their start. */
  nth: z.number().int().positive(),
});
export type DiffProcess = z.infer<typeof diffProcessSchema>;

const lineSchema = changeSchema.extend({
  process: diffProcessSchema,
  syscall: z.string(),
  target: z.object({
    kind: descriptorKindSchema,
    /** As in the bill, but what differs from run to run (inodes, ports, pids) is "*". */
    name: z.string().nullable(),
    /** Deleted files are told from those in place. */
    deleted: z.boolean(),
  }),
  kernelNs: timesSchema,
});
export type DiffLine = z.infer<typeof lineSchema>;

const ruleResultSchema = z.object({
  /** As it was written. */
  rule: z.string(),
  name: z.string(),
  unit: z.enum(quantityUnits),
  /** "not judged": a time, and the machines differ. */
  verdict: z.enum(["kept", "broken", "not judged"]),
  a: intervalSchema,
  b: intervalSchema,
  /** By how much b may be above a. */
  allowed: z.number().nonnegative(),
  /** By how much it is at least; negative: below. */
  growth: z.number(),
});
export type RuleResult = z.infer<typeof ruleResultSchema>;

export const diffSchema = z.object({
  schema: z.literal(DIFF_SCHEMA),
  a: sideSchema,
  b: sideSchema,
  /** False when the machines differ: counts alone are compared then. */
  timesCompared: z.boolean(),
  totals: z.array(totalSchema),
  /** Only those that differ, what changed most first. */
  syscalls: z.array(syscallSchema),
  lines: z.array(lineSchema),
  /** What --fail-on asked for. */
  rules: z.array(ruleResultSchema),
});
export type Diff = z.infer<typeof diffSchema>;
