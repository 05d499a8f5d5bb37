/** The lab's report: what was measured of each topic, the model, and the verdict on its claims. */
import { z } from "zod";
import { machineSchema } from "./machine.ts";
import { intervalSchema } from "./prices.ts";

export const LAB_SCHEMA = "crossbill.lab/1";

/** JSON has no NaN: what is not known is null. */
const known = z.number().nullable();

/** "holds" and "does not hold" say the data decide; else the reason why they cannot. */
export const verdictSchema = z.enum(["holds", "does not hold", "cannot tell here"]);
export type Verdict = z.infer<typeof verdictSchema>;

/** One mechanism with its parameters, measured in a fresh process each round. */
export const labPointSchema = z.object({
  /** Points of one series make one line of a chart. */
  series: z.string(),
  /** Where in its series: bytes, batch, connections... */
  x: z.number(),
  mechanism: z.string(),
  parameters: z.record(z.string(), z.union([z.string(), z.number()])),
  /** "fit": the model saw it; "held-out": it judges the model; "shown": no model is about it. */
  role: z.enum(["fit", "held-out", "shown"]),
  /** ns an event, one value for each round. */
  values: z.array(z.number()),
  /** CPU ns an event of the timing thread, one value for each round. */
  cpuValues: z.array(z.number()),
  /** What was counted for each event: faults, system calls, bytes... */
  counts: z.record(z.string(), z.number()),
  /** Twice the calls took twice the time, in most rounds; null: not asked. */
  linear: z.boolean().nullable(),
  /** Why there are no values; null when there are. */
  missing: z.string().nullable(),
});
export type LabPoint = z.infer<typeof labPointSchema>;

export const fittedParameterSchema = z.object({
  /** The letter of the model, "s". */
  symbol: z.string(),
  meaning: z.string(),
  unit: z.string(),
  value: intervalSchema,
});
export type FittedParameter = z.infer<typeof fittedParameterSchema>;

export const fittedModelSchema = z.object({
  /** "T(c) = s + b c" */
  formula: z.string(),
  /** Median share of error over the fitted and over the held-out points. */
  fitError: known,
  heldOutError: known,
  /** Which regime broke it, when an error is above 10 %; null: none did. */
  broken: z.string().nullable(),
});
export type FittedModel = z.infer<typeof fittedModelSchema>;

export const breakEvenSchema = z.object({
  /** One sentence with the figure in it. */
  text: z.string(),
  /** Where on the x axis; null: nowhere in reach. */
  at: intervalSchema.nullable(),
  unit: z.string(),
});
export type BreakEven = z.infer<typeof breakEvenSchema>;

export const judgedClaimSchema = z.object({
  claim: z.string(),
  verdict: verdictSchema,
  why: z.string(),
});
export type JudgedClaim = z.infer<typeof judgedClaimSchema>;

/** An order or a linearity that holds on every machine; violated, no verdict stands. */
export const labCheckSchema = z.object({ check: z.string(), holds: z.boolean() });
export type LabCheck = z.infer<typeof labCheckSchema>;

export const chartSchema = z.object({
  title: z.string(),
  x: z.object({ label: z.string(), unit: z.string(), log: z.boolean() }),
  y: z.object({ label: z.string(), unit: z.string(), log: z.boolean() }),
  series: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(["measured", "model"]),
      points: z.array(
        z.object({
          x: z.number(),
          y: z.number(),
          low: z.number(),
          high: z.number(),
          heldOut: z.boolean(),
        }),
      ),
    }),
  ),
  /** Vertical lines: break-evens. */
  marks: z.array(z.object({ x: z.number(), label: z.string() })),
});
export type Chart = z.infer<typeof chartSchema>;

export const tableSchema = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.string())),
});
export type Table = z.infer<typeof tableSchema>;

/** What an experiment makes of its points. */
export const analysisSchema = z.object({
  parameters: z.array(fittedParameterSchema),
  models: z.array(fittedModelSchema),
  breakEvens: z.array(breakEvenSchema),
  claims: z.array(judgedClaimSchema),
  checks: z.array(labCheckSchema),
  table: tableSchema,
  charts: z.array(chartSchema),
  /** Anything else worth a sentence, such as what has no hardware here. */
  notes: z.array(z.string()),
});
export type Analysis = z.infer<typeof analysisSchema>;

export const topicReportSchema = z.object({
  name: z.string(),
  title: z.string(),
  question: z.string(),
  /** When its measuring began; absent: as the report's own. Kept reports hold topics of several runs. */
  measuredAt: z.string().optional(),
  rounds: z.number().int().nonnegative(),
  seconds: z.number().nonnegative(),
  analysis: analysisSchema,
  points: z.array(labPointSchema),
});
export type TopicReport = z.infer<typeof topicReportSchema>;

export const labReportSchema = z.object({
  schema: z.literal(LAB_SCHEMA),
  measuredAt: z.string(),
  machine: machineSchema,
  conditions: z.object({
    loadBefore: z.number(),
    loadAfter: z.number(),
    /** Share of the CPUs' time that the hypervisor took away, 0 to 1. */
    stealShare: z.number(),
  }),
  quick: z.boolean(),
  seed: z.number(),
  /** All topics that were asked for are in it. */
  complete: z.boolean(),
  topics: z.array(topicReportSchema),
});
export type LabReport = z.infer<typeof labReportSchema>;
