/** The recording: the facts a recorder saw. Everything right of this file is pure. */
import { z } from "zod";
import { importedSchema } from "./imports/gaps.ts";
import { machineSchema } from "./machine.ts";

const count = z.number().int().nonnegative();
/** Bounded so that no hostile file makes sums overflow; 2^53 ns are 104 days. */
const nanoseconds = z.number().nonnegative().max(Number.MAX_SAFE_INTEGER);
/** Names from our own tables; letters only, so that a hostile file can bring no other. */
const tableName = z.string().regex(/^\w{1,64}$/);
/** A system call by name; `syscall_0x1f4` when the table does not know the number. */
const syscallName = tableName;
/** Of a function's name or a source file's; C++ has longer ones, which say no more. */
export const SYMBOL_CHARACTERS_MAX = 512;
const errorName = z.string().regex(/^(E[A-Z0-9_]{1,40}|errno_\d{1,10})$/);

/** "import": no recorder of ours, but the log of another tool. */
export const recorderNameSchema = z.enum(["ebpf", "ptrace", "import"]);

/** What a descriptor refers to. `none`: the call takes no descriptor. `unknown`: it was not open. */
export const descriptorKinds = [
  "file",
  "directory",
  "pipe",
  "fifo",
  "unix",
  "tcp",
  "udp",
  "socket",
  "terminal",
  "char",
  "block",
  "eventfd",
  "timerfd",
  "signalfd",
  "epoll",
  "io_uring",
  "memfd",
  "anonymous",
  "none",
  "unknown",
] as const;
export const descriptorKindSchema = z.enum(descriptorKinds);
export type DescriptorKind = z.infer<typeof descriptorKindSchema>;

/** What makes the kernel take the long way at each crossing of a thread, beside the recorder. */
export const crossingTaxes = ["seccomp", "ptrace", "audit"] as const;
export const crossingTaxSchema = z.enum(crossingTaxes);
export type CrossingTax = z.infer<typeof crossingTaxSchema>;

/** Minor faults by what was touched; estimated from `samples` of them, and so summing to all. */
export const faultKindsSchema = z.object({
  anonymous: count,
  file: count,
  /** The mapping could not be looked up at that moment. */
  other: count,
  samples: count.optional(),
});
export type FaultKinds = z.infer<typeof faultKindsSchema>;

/** What lines and stacks refer to: one process, from one execve to the next or to its end. */
export const recordedProcessSchema = z.object({
  id: count,
  /** As seen from where crossbill ran; the first one when several instances share the entry. */
  pid: count,
  ppid: count,
  comm: z.string(),
  /** null: could not be resolved. */
  exe: z.string().nullable(),
  /** A 32-bit program: its calls have other numbers, so their names are not to be trusted. */
  compat: z.boolean().optional(),
  /** How many processes were folded into this entry; above 1 only after the recorder's limit. */
  instances: count,
  threads: count,
  /** Sum over the threads of the time each existed (from its start, or from attaching). */
  wallNs: nanoseconds,
  /** Time the threads stood in the recorder's own stops (ptrace), beside wallNs; else absent. */
  stoodNs: nanoseconds.optional(),
  onCpuNs: nanoseconds,
  runQueueNs: nanoseconds,
  /** Off the CPU outside system calls: in page faults, split by the kernel's iowait flag. */
  faultWait: z.object({ ioNs: nanoseconds, otherNs: nanoseconds }),
  /**
   * Off the CPU inside system calls that never returned (exit, killed, still inside at the end), as
   * far as no line holds it; and stopped by a signal.
   */
  unfinishedWait: z.object({ ioNs: nanoseconds, otherNs: nanoseconds }),
  minorFaults: count,
  majorFaults: count,
  voluntarySwitches: count,
  involuntarySwitches: count,
  /** cpu-clock samples by where they fell; all zero when the recorder has no sampler. */
  samples: z.object({ user: count, syscall: count, fault: count }),
  /** Time inside the page-fault handler where the kernel lets us measure it, else null. */
  measuredFaultNs: z.object({ minor: nanoseconds, major: nanoseconds }).nullable(),
  /** Taxes on every crossing of every thread looked at; absent: not known. */
  taxes: z.array(crossingTaxSchema).max(crossingTaxes.length).optional(),
  /** Absent: not known. */
  faultKinds: faultKindsSchema.optional(),
});
export type RecordedProcess = z.infer<typeof recordedProcessSchema>;

export const targetSchema = z.object({
  id: z.string(),
  kind: descriptorKindSchema,
  /** Path, peer ("127.0.0.1:40112 > 127.0.0.1:80") or kernel name; null: could not be resolved. */
  name: z.string().nullable(),
  /** File system type of files and directories ("ext4"), else null. */
  fileSystem: z.string().nullable(),
  deleted: z.boolean(),
  /** The path was too long for the recorder and lacks its beginning. */
  truncated: z.boolean(),
  /** Of a regular file: its size when its name was learnt. Absent: not known. */
  sizeBytes: count.optional(),
});
export type Target = z.infer<typeof targetSchema>;

/** A log2 histogram cell: `count` values above half of `atMost` and not above `atMost`. */
export const histogramCellSchema = z.object({ atMost: count, count });
export type HistogramCell = z.infer<typeof histogramCellSchema>;

/** All calls that agree in process, system call, target and error. */
export const recordedLineSchema = z.object({
  /** null: not itemised, the recorder's tables were full; only syscall and error are known. */
  process: count.nullable(),
  syscall: syscallName,
  /** Name of the errno the calls failed with, null for success. */
  error: errorName.nullable(),
  kind: descriptorKindSchema,
  /** Reference into `targets`; null: no descriptor, or not itemised by target. */
  target: z.string().nullable(),
  /** Calls that returned. */
  count,
  /** Calls beside `count` that never returned: `wait` is theirs too. Absent: none is known. */
  unfinished: count.optional(),
  /** Bytes moved and asked for, by calls that move bytes. */
  bytes: count,
  requestedBytes: count,
  /** Sizes moved; empty for calls that move no bytes. */
  sizes: z.array(histogramCellSchema),
  /** Calls at a known file offset, and how many of them began where the one before had ended. */
  positioned: count,
  sequential: count,
  /** Calls that ask what is ready (poll, select, epoll_wait...) and returned 0; absent: none. */
  empty: count.optional(),
  /**
   * About how many different paths, by their text, the calls named. Absent: not known, as in lines
   * with a target of their own.
   */
  distinctPaths: count.optional(),
  /** Timing "sampled": cpu-clock samples that fell into these calls. */
  samples: count,
  /** Timing "exact": time on the CPU between the two hooks, summed; else null. */
  onCpuNs: nanoseconds.nullable(),
  /** Time off the CPU inside the calls, split by the kernel's iowait flag, run queue excluded. */
  wait: z.object({ ioNs: nanoseconds, otherNs: nanoseconds }),
  /** Timing "exact": duration (on and off the CPU), ns; else empty. */
  latency: z.array(histogramCellSchema),
});
export type RecordedLine = z.infer<typeof recordedLineSchema>;

/** What a frame's address is in words. Names come from hostile files: bounded, and raw. */
const symbolSchema = z.object({
  function: z.string().max(SYMBOL_CHARACTERS_MAX).nullable(),
  /** Source file and line; a script's, for code that its runtime compiled. */
  file: z.string().max(SYMBOL_CHARACTERS_MAX).nullable(),
  line: count.nullable(),
  /** Path of the program or library it is in; null: code that was made while it ran. */
  module: z.string().nullable(),
});
export type FrameSymbol = z.infer<typeof symbolSchema>;

const frameSchema = z.object({
  buildId: z.string().nullable(),
  /** Hexadecimal: in the file where that is known by build id or inode, else the address itself. */
  offset: z.string(),
  /** Inode number of the mapped file, of a frame without a build id. */
  inode: count.optional(),
  /** Found by looking through the stack, not by following it: perhaps of an earlier call. */
  guess: z.literal(true).optional(),
  symbol: symbolSchema.optional(),
});
export type RecordedFrame = z.infer<typeof frameSchema>;

export const recordedStackSchema = z.object({
  process: count,
  /** The call it was in, null when the sample fell into user code. */
  syscall: syscallName.nullable(),
  /** cpu-clock samples; 0 in a stack of waits or of faults, which are no time on the CPU. */
  samples: count,
  /** Calls that waited and were looked at as they returned. Absent: the stack is not of waits. */
  waits: count.optional(),
  /** Sampled minor faults. Absent: the stack is not of faults. */
  faults: count.optional(),
  /** Innermost first. */
  frames: z.array(frameSchema),
});
export type RecordedStack = z.infer<typeof recordedStackSchema>;

export const recordedUringSchema = z.object({
  process: count.nullable(),
  opcode: tableName,
  submitted: count,
  completed: count,
  errors: count,
  bytes: count,
});
export type RecordedUring = z.infer<typeof recordedUringSchema>;

/** [index into `calls`, offset or -1, bytes asked for, bytes moved or -errno, returned at ns]. */
const accessSchema = z.tuple([count, z.number().int().min(-1), count, z.number().int(), count]);
export type RecordedAccess = z.infer<typeof accessSchema>;

/** Reads, writes and seeks through one descriptor, in the order in which they returned. */
export const recordedSequenceSchema = z.object({
  process: count,
  descriptor: count,
  /** Reference into `targets`. */
  target: z.string(),
  /** false: the budget ran out, so that later accesses are in the lines alone. */
  complete: z.boolean(),
  /** The system calls that accesses refer to. */
  calls: z.array(syscallName).max(64),
  /**
   * Offset: where the access began; where a seek led; -1 when there is no position. Times are since
   * the recording's start. A seek asks for and moves nothing.
   */
  accesses: z.array(accessSchema),
});
export type RecordedSequence = z.infer<typeof recordedSequenceSchema>;

export const RECORDING_SCHEMA = "crossbill.recording/1";

export const recordingSchema = z.object({
  schema: z.literal(RECORDING_SCHEMA),
  machine: machineSchema,
  recorder: recorderNameSchema,
  /** "sampled": counts exact, CPU time from samples. "exact": every call timed. */
  timing: z.enum(["sampled", "exact"]),
  /** Only of what was imported: from what, and what that does not tell. */
  imported: importedSchema.optional(),
  command: z.array(z.string()),
  startedAt: z.string(),
  /** From the target's start (or attaching) to its end (or detaching), by the monotonic clock. */
  elapsedNs: nanoseconds,
  exit: z.object({
    code: z.number().int().nullable(),
    signal: tableName.nullable(),
  }),
  /** What the kernel's own accounting says of the finished processes; null when attached. */
  rusage: z
    .object({
      userNs: nanoseconds,
      systemNs: nanoseconds,
      minorFaults: count,
      majorFaults: count,
      voluntarySwitches: count,
      involuntarySwitches: count,
    })
    .nullable(),
  audit: z.object({
    /** entered = left + inFlight, always. */
    entered: count,
    left: count,
    /** Entered and not seen leaving: `exits` of them ended their thread, the rest were inside. */
    inFlight: count,
    exits: count,
    /** Counted by system call and error only, because the tables were full. */
    unitemised: count,
    /** Seen and in no line at all. */
    lost: count,
    /** Target names that found no room. */
    unnamed: count,
    /** Processes of the tree that still ran when the recording ended. */
    stillRunning: count,
    /** Threads that found no room: nothing of them was seen, so they are in no count. */
    threadsLost: count.optional(),
    /** Scheduler switches that were missed; the time until the next one counts as on the CPU. */
    switchesUnseen: count.optional(),
  }),
  /** Interval between two cpu-clock samples; null when there was no sampler. */
  samplePeriodNs: nanoseconds.nullable(),
  processes: z.array(recordedProcessSchema),
  targets: z.array(targetSchema),
  lines: z.array(recordedLineSchema),
  /** Calls entered and not seen leaving, by name: all of them, those that a line holds too. */
  unfinished: z.array(z.object({ syscall: syscallName, count })),
  uring: z.array(recordedUringSchema),
  stacks: z.array(recordedStackSchema),
  /** Absent: they were not asked for. */
  sequences: z.array(recordedSequenceSchema).optional(),
});
export type Recording = z.infer<typeof recordingSchema>;
