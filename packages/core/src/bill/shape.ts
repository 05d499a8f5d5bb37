/** The bill's shape: the JSON that users and tools read. Keys are added, never renamed. */
import { z } from "zod";
import { findingsSchema, setAsidesSchema } from "../findings/finding.ts";
import { importedSchema } from "../imports/gaps.ts";
import { machineSchema } from "../machine.ts";
import { intervalSchema, pricesSchema } from "../prices.ts";
import {
  crossingTaxSchema,
  descriptorKindSchema,
  faultKindsSchema,
  histogramCellSchema,
  recordedSequenceSchema,
  recordedStackSchema,
  recorderNameSchema,
} from "../recording.ts";
import { warningSchema } from "./warnings.ts";

export const BILL_SCHEMA = "crossbill.bill/1";

const count = z.number().int().nonnegative();
/** Whole nanoseconds. */
const ns = z.number().int().nonnegative();
/** Only the residual may be negative: parts that add up to more than the wall time. */
const signedNs = z.number().int();
const errorCounts = z.record(z.string(), count);

/** Off the CPU inside system calls, by reason; run queue and faults excluded. */
export const waitNsSchema = z.object({
  disk: ns,
  network: ns,
  pipe: ns,
  lock: ns,
  timer: ns,
  child: ns,
  other: ns,
});

/** wallNs = userNs + boundaryNs + kernelNs + every waitNs + faultNs + runQueueNs + residualNs. */
export const timeSchema = z.object({
  /** Thread wall time, the recorder's own cost subtracted. */
  wallNs: ns,
  userNs: ns,
  /** Entering and leaving the kernel: crossings at the price of a null system call. */
  boundaryNs: ns,
  /** On the CPU inside system calls, beyond the boundary. */
  kernelNs: ns,
  waitNs: waitNsSchema,
  faultNs: ns,
  runQueueNs: ns,
  residualNs: signedNs,
  /** As measured, the recorder's own cost included. */
  measuredWallNs: ns,
});
export type BillTime = z.infer<typeof timeSchema>;

export const faultsSchema = z.object({
  /**
   * Where the CPU part of the time comes from. "measured": timed in the fault handler. "sampled":
   * share of the sampler's hits. "priced": count times the calibrated price of a fault.
   */
  basis: z.enum(["measured", "sampled", "priced"]),
  minor: z.object({ count, ns }),
  major: z.object({ count, ns }),
});
export type BillFaults = z.infer<typeof faultsSchema>;

const switchesSchema = z.object({ voluntary: count, involuntary: count });

export const billProcessSchema = z.object({
  /** What lines and stacks call it by. */
  id: count,
  pid: count,
  ppid: count,
  comm: z.string(),
  exe: z.string().nullable(),
  instances: count,
  threads: count,
  /** System calls that returned and are itemised. */
  crossings: count,
  time: timeSchema,
  overheadNs: ns,
  faults: faultsSchema,
  switches: switchesSchema,
  samples: z.object({ user: count, syscall: count, fault: count }),
  /** Taxes on every crossing of the process; absent: not known. */
  taxes: z.array(crossingTaxSchema).optional(),
  /** Its minor faults by what was touched; absent: not known. */
  faultKinds: faultKindsSchema.optional(),
});
export type BillProcess = z.infer<typeof billProcessSchema>;

const lineProcessSchema = z.object({
  pid: count,
  comm: z.string(),
  exe: z.string().nullable(),
  id: count,
});

export const billTargetSchema = z.object({
  kind: descriptorKindSchema,
  /** Path, peer or kernel name; null without a descriptor, or when it could not be resolved. */
  path: z.string().nullable(),
  fileSystem: z.string().nullable(),
  deleted: z.boolean(),
  /** The path lacks its beginning. */
  truncated: z.boolean(),
  /** There was a descriptor, and its name could not be had. */
  unresolved: z.boolean(),
  /** Of a regular file: its size when its name was learnt, the largest of those that bore it. */
  sizeBytes: count.optional(),
});
export type BillTarget = z.infer<typeof billTargetSchema>;

const quantilesSchema = z.object({
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
  max: z.number(),
});

/**
 * All calls that agree in process, system call and target. `count` is of those that returned, `unfinished`
 * of those that did not: of exit_group, or of a call that a thread was in when it or the recording ended.
 */
export const billLineSchema = z.object({
  process: lineProcessSchema,
  syscall: z.string(),
  target: billTargetSchema,
  count,
  /** Calls beside `count` that did not return; absent: none is known. */
  unfinished: count.optional(),
  errors: errorCounts,
  bytes: count,
  requestedBytes: count,
  sizes: z.array(histogramCellSchema),
  /** Share of calls that began where the one before had ended; null without file offsets. */
  sequential: z.number().min(0).max(1).nullable(),
  /** Calls that asked what is ready and returned 0: nothing was; absent: none. */
  empty: count.optional(),
  /** About how many different paths the calls named; absent: not known. */
  distinctPaths: count.optional(),
  boundaryNs: ns,
  kernelNs: ns,
  waitNs: ns,
  /** waitNs by reason, reasons without time left out. */
  waits: waitNsSchema.partial(),
  intervals: z.object({ kernelNs: intervalSchema }),
  /**
   * How long a call took at most: boundary, work and waiting, ns; null unless every call was timed.
   * Calls are counted by powers of two, so bounds are what is known; those of a single call are equal.
   */
  latency: quantilesSchema.extend({ atLeast: quantilesSchema.optional() }).nullable(),
});
export type BillLine = z.infer<typeof billLineSchema>;

export const billSyscallSchema = z.object({
  name: z.string(),
  /** Calls entered: those that returned and those that did not. */
  count,
  /** Of them, calls that did not return. */
  unfinished: count,
  errors: errorCounts,
  bytes: count,
  requestedBytes: count,
  boundaryNs: ns,
  kernelNs: ns,
  waitNs: ns,
});
export type BillSyscall = z.infer<typeof billSyscallSchema>;

/** Calls whose process and target are unknown because the recorder's tables were full. */
export const notItemisedSchema = z.object({
  syscall: z.string(),
  count,
  errors: errorCounts,
  boundaryNs: ns,
  kernelNs: ns,
  waitNs: ns,
});
export type NotItemised = z.infer<typeof notItemisedSchema>;

const uringCountsSchema = z.object({
  count,
  completed: count,
  errors: count,
  bytes: count,
});

export const billUringSchema = uringCountsSchema.extend({
  opcode: z.string(),
  /** By the ring's owner; null when the owner is unknown. */
  processes: z.array(uringCountsSchema.extend({ process: lineProcessSchema.nullable() })),
});
export type BillUring = z.infer<typeof billUringSchema>;

export const billSchema = z.object({
  schema: z.literal(BILL_SCHEMA),
  machine: machineSchema,
  prices: pricesSchema,
  command: z.array(z.string()),
  exit: z.object({ code: z.number().int().nullable(), signal: z.string().nullable() }),
  recorder: recorderNameSchema,
  timing: z.enum(["sampled", "exact"]),
  /** Only of what was imported: its times are rough, and there is no advice. */
  imported: importedSchema.optional(),
  startedAt: z.string(),
  elapsedNs: ns,
  audit: z.object({
    /** entered = left + inFlight. */
    entered: count,
    left: count,
    inFlight: count,
    unitemised: count,
    lost: count,
    /** What the recorder added to each crossing: measured where it could be, else calibrated. */
    overheadNsPerCrossing: z.number().nonnegative(),
    /** What was subtracted for it from the measured wall time. */
    overheadNs: ns,
    exits: count,
    unnamed: count,
    stillRunning: count,
  }),
  time: timeSchema,
  /** 95 % bounds: of the samples where time is sampled, of the prices where it is priced. */
  intervals: z.object({
    userNs: intervalSchema,
    boundaryNs: intervalSchema,
    kernelNs: intervalSchema,
  }),
  syscalls: z.array(billSyscallSchema),
  lines: z.array(billLineSchema),
  notItemised: z.array(notItemisedSchema),
  unfinished: z.object({
    calls: z.array(z.object({ syscall: z.string(), count })),
    /** On the CPU and off it inside calls that no line holds. */
    kernelNs: ns,
    waitNs: ns,
  }),
  faults: faultsSchema,
  switches: switchesSchema,
  uring: z.array(billUringSchema),
  processes: z.array(billProcessSchema),
  stacks: z.array(recordedStackSchema),
  /** The order of reads and writes through each descriptor; absent: it was not asked for. */
  sequences: z
    .array(recordedSequenceSchema.omit({ target: true }).extend({ target: billTargetSchema }))
    .optional(),
  rusage: z
    .object({
      userNs: z.number().nonnegative(),
      systemNs: z.number().nonnegative(),
      minorFaults: count,
      majorFaults: count,
      voluntarySwitches: count,
      involuntarySwitches: count,
    })
    .nullable(),
  warnings: z.array(warningSchema),
  /** What a selection of system calls left out of the lists; totals are never filtered. */
  leftOut: z
    .object({ lines: count, crossings: count, boundaryNs: ns, kernelNs: ns, waitNs: ns })
    .nullable(),
  /** Advice, best first; absent in bills of before there was any. */
  findings: findingsSchema.optional(),
  /** Advice that was considered and is not worth following, best first. */
  setAside: setAsidesSchema.optional(),
});
export type Bill = z.infer<typeof billSchema>;
/** A bill as advice is made from it. */
export type UnadvisedBill = Omit<Bill, "findings" | "setAside">;
