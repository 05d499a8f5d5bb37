/** The prices: what the calibration measured on one machine, each with its interval. */
import { z } from "zod";
import { machineSchema } from "./machine.ts";

/** low and high bound the middle 95 % of the repeated measurements' low quantiles. */
export const intervalSchema = z.object({
  low: z.number().nonnegative(),
  likely: z.number().nonnegative(),
  high: z.number().nonnegative(),
});
export type Interval = z.infer<typeof intervalSchema>;

/** What a recorder adds to the program it records. */
export const recorderPriceSchema = z.object({
  /** Added to each crossing in total. */
  overheadNsPerCrossing: intervalSchema,
  /** "exact" timing only: what a null system call spends between the two hooks, else 0. */
  windowFloorNs: intervalSchema,
  /** The "wait" a null system call shows though it waits for nothing but the recorder (ptrace). */
  waitFloorNs: intervalSchema.optional(),
  /** The part of the overhead that is CPU time of the program itself; absent: all that fits (ptrace). */
  onCpuNsPerCrossing: intervalSchema.optional(),
});
export type RecorderPrice = z.infer<typeof recorderPriceSchema>;

/** What kept prices from being those of a quiet machine; interference only ever makes them dearer. */
export const disturbances = ["busy", "stolen", "wide", "traced"] as const;
export type Disturbance = (typeof disturbances)[number];

export const PRICES_SCHEMA = "crossbill.prices/1";

export const pricesSchema = z.object({
  schema: z.literal(PRICES_SCHEMA),
  measuredAt: z.string(),
  machine: machineSchema,
  /** A quick pass: fewer repetitions, wider intervals. */
  quick: z.boolean(),
  /** What disturbed the measurement; absent when nothing did. Such prices are measured again. */
  disturbedBy: z.array(z.enum(disturbances)).max(disturbances.length).optional(),
  /** When disturbed prices were last measured again in vain. */
  triedAt: z.string().optional(),
  /** One getppid, no recorder attached: the price of the boundary alone, ns. */
  nullSyscallNs: intervalSchema,
  /** One read of one byte from the page cache, ns. */
  oneByteReadNs: intervalSchema,
  /** Copying by the kernel, ns per byte, for buffers up to `upToBytes`; the last tier has null. */
  copyNsPerByte: z.array(
    z.object({ tier: z.string(), upToBytes: z.number().nullable(), ns: intervalSchema }),
  ),
  /** One minor fault of anonymous (zeroed) memory, ns per fault taken. */
  anonymousFaultNs: intervalSchema,
  /** One minor fault of a file mapping in the page cache, ns per fault taken. */
  fileFaultNs: intervalSchema,
  /** Half a round trip of two processes pinned to one CPU, boundary of its calls excluded, ns. */
  contextSwitchNs: intervalSchema,
  /** Prices beyond the bill's own, by code, for advice; only full passes have them. */
  mechanisms: z
    .record(z.string(), z.object({ what: z.string(), method: z.string(), ns: intervalSchema }))
    .optional(),
  recorders: z.object({
    ebpfSampled: recorderPriceSchema.nullable(),
    ebpfExact: recorderPriceSchema.nullable(),
    ptrace: recorderPriceSchema.nullable(),
  }),
});
export type Prices = z.infer<typeof pricesSchema>;
