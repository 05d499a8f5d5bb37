/** Warnings: what a reader of a bill must know before believing it; one union, one renderer. */
import { z } from "zod";
import { describeGaps, type ImportGap, importFormats, importGaps } from "../imports/gaps.ts";
import { type Disturbance, disturbances } from "../prices.ts";
import { recorderNameSchema } from "../recording.ts";

const count = z.number().int().nonnegative();
const ns = z.number().nonnegative();

export const warningSchema = z.discriminatedUnion("code", [
  /** Too few samples to tell kernel from user time. */
  z.object({
    code: z.literal("few-samples"),
    samples: count,
    /** Half width of the kernel share's 95 % interval, relative to it; null when it is 0. */
    relativeHalfWidth: z.number().nonnegative().nullable(),
  }),
  /** Boundary and recorder, by their prices, cost more than all kernel time there was. */
  z.object({ code: z.literal("prices-exceed"), pricedNs: ns, measuredNs: ns }),
  /** The prices were measured on another machine, kernel or mitigation setting. */
  z.object({ code: z.literal("other-machine"), pricesKey: z.string(), recordingKey: z.string() }),
  /** The prices were measured under conditions that make them too high. */
  z.object({
    code: z.literal("prices-disturbed"),
    by: z.array(z.enum(disturbances)).max(disturbances.length),
  }),
  /** The recorder's own cost is unknown and was not subtracted. */
  z.object({
    code: z.literal("recorder-unpriced"),
    recorder: recorderNameSchema,
    timing: z.enum(["sampled", "exact"]),
  }),
  /** The kernel's own accounting differs by more than 5 %. */
  z.object({
    code: z.literal("rusage-disagrees"),
    what: z.enum([
      "cpuNs",
      "minorFaults",
      "majorFaults",
      "voluntarySwitches",
      "involuntarySwitches",
    ]),
    recorded: z.number().nonnegative(),
    rusage: z.number().nonnegative(),
  }),
  /** Parts and whole differ by more than 5 % of the thread wall time. */
  z.object({ code: z.literal("residual"), residualNs: z.number(), wallNs: ns }),
  /** Crossings that left the kernel and are in no line, or the other way round. */
  z.object({ code: z.literal("audit"), left: count, accounted: count }),
  /** Crossings the recorder saw and could not keep. */
  z.object({ code: z.literal("lost"), count }),
  /** Crossings without process and target: the recorder's tables were full. */
  z.object({ code: z.literal("not-itemised"), count }),
  /** Targets that found no room for their names. */
  z.object({ code: z.literal("unnamed"), count }),
  /** Threads that found no room: their crossings are in no count. */
  z.object({ code: z.literal("threads-lost"), count }),
  /** The recorder is ptrace, which sees calls to io_uring but not the operations submitted. */
  z.object({ code: z.literal("uring-unseen"), count }),
  /** 32-bit programs among the processes: their call numbers have other meanings. */
  z.object({ code: z.literal("compat"), count }),
  /** Processes of the tree that outlived the recording. */
  z.object({ code: z.literal("still-running"), count }),
  /** From the log of another tool: what it does not tell. */
  z.object({
    code: z.literal("imported"),
    from: z.enum(importFormats),
    gaps: z.array(z.enum(importGaps)).max(importGaps.length),
  }),
  /** Lines of such a log that could not be read: their calls are in no count. */
  z.object({ code: z.literal("import-unread"), count }),
]);
export type BillWarning = z.infer<typeof warningSchema>;

/** Warnings that say how many there are of something, and no more. */
type CountCode =
  | "lost"
  | "not-itemised"
  | "unnamed"
  | "threads-lost"
  | "compat"
  | "still-running"
  | "import-unread";

/** One sentence for people, without a name from the recording, so safe to print. */
export function describeWarning(warning: BillWarning): string {
  let text: string;
  switch (warning.code) {
    case "few-samples":
      text = describeFewSamples(warning.samples, warning.relativeHalfWidth);
      break;
    case "prices-exceed":
      text =
        `prices exceed what was measured by ${percentOver(warning.pricedNs, warning.measuredNs)}: ` +
        "boundary and recorder were scaled down; crossbill calibrate renews the prices";
      break;
    case "other-machine":
      text =
        "the prices were measured on another machine, kernel or setting; " +
        "crossbill calibrate renews them";
      break;
    case "prices-disturbed":
      text =
        `the prices may be too high: while they were measured ${describeDisturbances(warning.by)}; ` +
        "crossbill calibrate renews them";
      break;
    case "recorder-unpriced":
      text =
        `the cost of the ${warning.recorder} recorder (${warning.timing}) was not calibrated ` +
        "and is not subtracted; crossbill calibrate measures it";
      break;
    case "rusage-disagrees":
      text = describeRusage(warning.what, warning.recorded, warning.rusage);
      break;
    case "residual":
      text =
        `${milliseconds(warning.residualNs)} of ${milliseconds(warning.wallNs)} thread time ` +
        "are not accounted for";
      break;
    case "audit":
      text =
        `${counted(warning.left, "crossing")} left the kernel, ` +
        `${thousands(warning.accounted)} ${warning.accounted === 1 ? "is" : "are"} accounted for`;
      break;
    case "lost":
    case "not-itemised":
    case "unnamed":
    case "threads-lost":
    case "compat":
    case "still-running":
    case "import-unread":
      text = countSentences[warning.code](warning.count);
      break;
    case "imported":
      text = describeImport(warning.from, warning.gaps);
      break;
    case "uring-unseen":
      text =
        "what the program submitted to io_uring is not in the bill: the ptrace recorder sees " +
        `only the calls to it, ${warning.count} here; the eBPF recorder counts operations`;
      break;
  }
  return text;
}

const disturbanceTexts: Readonly<Record<Disturbance, string>> = {
  busy: "the machine was busy",
  stolen: "the hypervisor took CPU time away",
  wide: "repetitions disagreed",
  traced: "crossbill itself was traced",
};

function describeDisturbances(by: readonly Disturbance[]): string {
  return by.map((one) => disturbanceTexts[one]).join(", ");
}

function describeImport(from: string, gaps: readonly ImportGap[]): string {
  return (
    `imported from a ${from}, so priced without advice, by the prices of the machine it was imported on; ` +
    describeGaps(gaps)
  );
}

function describeFewSamples(samples: number, halfWidth: number | null): string {
  const width = halfWidth === null ? "no" : `only a ±${(halfWidth * 100).toFixed(0)} %`;
  const allow = samples === 1 ? "1 sample allows" : `${samples} samples allow`;
  return `${allow} ${width} split of kernel and user time; --exact-time times every call`;
}

function describeRusage(what: string, recorded: number, rusage: number): string {
  if (what === "cpuNs") {
    return `the kernel accounts ${milliseconds(rusage)} of CPU time, the recording ${milliseconds(recorded)}`;
  }
  const words = what.replace(/[A-Z]/, (letter) => ` ${letter.toLowerCase()}`);
  return `the kernel accounts ${rusage} ${words}, the recording ${recorded}`;
}

const countSentences: Readonly<Record<CountCode, (n: number) => string>> = {
  lost: (n) =>
    `${counted(n, "crossing")} ${n === 1 ? "was" : "were"} seen and lost: ` +
    "counts are too low by as many",
  "not-itemised": (n) =>
    `${counted(n, "crossing")} ${n === 1 ? "is" : "are"} counted by system call only: ` +
    "the recorder's tables were full",
  unnamed: (n) =>
    `${counted(n, "target")} ${n === 1 ? "has" : "have"} no name: ` +
    "the recorder's table of names was full",
  "threads-lost": (n) =>
    `${counted(n, "thread")} found no room in the recorder's tables: ` +
    `${n === 1 ? "its" : "their"} crossings were not seen`,
  compat: (n) =>
    `${thousands(n)} of the programs ${n === 1 ? "is" : "are"} 32-bit: ` +
    `${n === 1 ? "its" : "their"} calls are counted, ` +
    "but under the names that 64-bit programs have for the numbers",
  "still-running": (n) =>
    `${thousands(n)} ${n === 1 ? "process" : "processes"} of the tree ` +
    "still ran when the recording ended",
  "import-unread": (n) =>
    `${counted(n, "line")} of the log could not be read: ` +
    `${n === 1 ? "its call is" : "their calls are"} in no count`,
};

function thousands(n: number): string {
  return n.toLocaleString("en-US");
}

/** "1 crossing", "2,000 crossings". */
function counted(n: number, what: string): string {
  return `${thousands(n)} ${what}${n === 1 ? "" : "s"}`;
}

function percentOver(larger: number, smaller: number): string {
  if (smaller <= 0) return "all of it";
  return `${((larger / smaller - 1) * 100).toFixed(0)} %`;
}

function milliseconds(duration: number): string {
  return `${(duration / 1e6).toFixed(1)} ms`;
}
