/** The trial: what came of trying a finding, beside what was predicted. One line of the scoreboard. */
import { z } from "zod";

export const TRIAL_SCHEMA = "crossbill.trial/1";

/** Shares of the elapsed time: 0.25 saves a quarter of it, -0.1 makes it a tenth longer. */
const share = z.number().min(-1_000_000).max(1);

const shareIntervalSchema = z.object({ lowShare: share, likelyShare: share, highShare: share });
export type ShareInterval = z.infer<typeof shareIntervalSchema>;

/**
 * "confirmed": it saves time, and as much as was predicted. "refuted": it does not. "changed
 * behaviour": other bytes or values came out, so no gain counts.
 */
export const trialVerdicts = ["confirmed", "refuted", "cannot tell", "changed behaviour"] as const;
export type TrialVerdict = (typeof trialVerdicts)[number];

export const trialSchema = z.object({
  schema: z.literal(TRIAL_SCHEMA),
  triedAt: z.string().max(40),
  machineKey: z.string().max(128),
  /** "replay": the recorded calls alone, the two ways. "live": the program itself, with the fix. */
  kind: z.enum(["replay", "live"]),
  /** Code of the finding; null when a live trial was not about one. */
  finding: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .nullable(),
  command: z.array(z.string().max(4096)).max(4096),
  /** What the finding claimed; null when it claimed nothing. */
  predicted: shareIntervalSchema.nullable(),
  tried: shareIntervalSchema,
  /** How far the replay of the unchanged calls was from the recorded time; null for live trials. */
  unchangedErrorShare: z.number().nonnegative().nullable(),
  /** Of the calls that the kernel saw, the share that the fix saw; null for replays. */
  coverage: z.number().min(0).nullable(),
  verdict: z.enum(trialVerdicts),
  /** One sentence. */
  why: z.string().max(2000),
});
export type Trial = z.infer<typeof trialSchema>;
