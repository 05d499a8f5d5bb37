/** A finding: one piece of advice with a stable code, and the rule that finds it in a bill. */
import { z } from "zod";
import type { Interval } from "../prices.ts";
import type { Evidence } from "./evidence.ts";

/** Findings and those set aside are bounded, so that no hostile bill makes lists without end. */
const MOST = 1000;

const signedNs = z.number();
const evidenceSchema = z.record(z.string(), z.union([z.number(), z.string()]));

/** Where in the user's code the calls were made, and how sure that is. */
const siteSchema = z.object({
  place: z.string(),
  /** Of the samples that fell into the calls. */
  share: z.number().min(0).max(1),
  samples: z.number().int().nonnegative(),
});

export const savingSchema = z.object({
  lowNs: signedNs,
  likelyNs: signedNs,
  highNs: signedNs,
  /** Of the elapsed time, the recorder's own cost left out. */
  likelyShare: z.number(),
});
export type Saving = z.infer<typeof savingSchema>;

export const findingSchema = z.object({
  code: z.string(),
  title: z.string(),
  saving: savingSchema,
  /** Share of the elapsed time that would go if the calls concerned cost nothing at all. */
  boundShare: z.number(),
  evidence: evidenceSchema,
  fix: z.string(),
  beware: z.string(),
  /** What can prove it; null: nothing that crossbill can run. */
  trial: z.enum(["replay", "live"]).nullable(),
  /** The program concerned, as the bill's processes call it; null: the whole run. */
  program: z.string().nullable(),
  /** Its entries among the bill's processes. */
  processes: z.array(z.number().int().nonnegative()).max(5000),
  /** System calls concerned. */
  syscalls: z.array(z.string()),
  /** What they were made on: a path, a peer; null when that is not one thing. */
  subject: z.string().nullable(),
  sites: z.array(siteSchema),
});
export type Finding = z.infer<typeof findingSchema>;

export const setAsideSchema = findingSchema
  .pick({ code: true, title: true, saving: true, boundShare: true, program: true, subject: true })
  .extend({
    /** "small": under 3 % of the elapsed time. "uncertain": under its own error. */
    why: z.enum(["small", "uncertain"]),
  });
/** A candidate that is not worth showing, and why. */
export type SetAside = z.infer<typeof setAsideSchema>;

export const findingsSchema = z.array(findingSchema).max(MOST);
export const setAsidesSchema = z.array(setAsideSchema).max(MOST);

/** The same change in four languages, two or three lines each. */
export interface Fix {
  readonly c: string;
  readonly node: string;
  readonly python: string;
  readonly go: string;
}

/** One place of a bill where a rule applies. Times are thread time, ns; intervals may be negative. */
export interface Candidate {
  /** Instead of the rule's own title, when the place says more. */
  readonly title?: string;
  readonly program: string | null;
  readonly processes: readonly number[];
  readonly syscalls: readonly string[];
  /** As recorded; made safe where it is shown. */
  readonly subject: string | null;
  /** CPU time that the change saves. */
  readonly saving: Interval;
  /** Time off the CPU that it saves besides; absent: none. */
  readonly waitSaving?: Interval;
  /** All that the calls concerned cost now, waiting that could go included. */
  readonly boundNs: number;
  readonly evidence: Readonly<Record<string, number | string>>;
}

/** How a kind of waste is found, priced and mended. One file each; pure. */
export interface FindingRule {
  /** Stable: scripts and the scoreboard name findings by it. */
  readonly code: string;
  readonly title: string;
  /** What must be in the bill, in a sentence. */
  readonly needs: string;
  /** What keeps it silent besides being small or uncertain, in a sentence. */
  readonly gate: string;
  /** How the saving is computed, in a sentence. */
  readonly priced: string;
  readonly fix: Fix;
  /** The side effect to beware of. */
  readonly beware: string;
  readonly trial: "replay" | "live" | null;
  look(evidence: Evidence): Candidate[];
}

/** A rule that advises to change nothing; it sees what the others found. */
export interface LeaveRule extends Omit<FindingRule, "look"> {
  look(evidence: Evidence, found: readonly Candidate[]): Candidate[];
}
