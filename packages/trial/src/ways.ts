/** ways: for each finding that a replay can prove, the calls it is about and the way it proposes. */
import type { Finding } from "@crossbill/core";

export interface Way {
  /** What the calls do; a copy reads one file and writes the scratch file. */
  readonly kind: "reads" | "writes" | "copy";
  /** Mechanism of the recorded calls. */
  readonly present: string;
  readonly fix: FixedWay;
  /** Instead of `fix`, when most of the calls' time was waiting for a disk. */
  readonly fixOnDisk?: FixedWay;
}

export interface FixedWay {
  readonly mechanism: string;
  readonly parameters: Readonly<Record<string, number>>;
  /** In words. */
  readonly what: string;
}

const recorded = "replay-recorded";
/** What the rules assume of a buffer: see their `priced`. */
const BUFFER = { piece: 65_536 };
/** Records made durable at a time, when the finding does not say how many. */
const GROUP = 100;

const buffered: Way = {
  kind: "reads",
  present: recorded,
  fix: {
    mechanism: "replay-buffered",
    parameters: BUFFER,
    what: "one read of 64 KiB serves many",
  },
};
const mapped: Way = {
  kind: "reads",
  present: recorded,
  fix: {
    mechanism: "replay-mapping",
    parameters: {},
    what: "the file is mapped once and used in place",
  },
};

const ways: ReadonlyMap<string, Way> = new Map<string, Way>([
  ["small-reads", buffered],
  ["contiguous-preads", buffered],
  ["repeated-reads", mapped],
  [
    "scattered-reads",
    {
      ...mapped,
      fixOnDisk: {
        mechanism: "replay-ring",
        parameters: { depth: 64 },
        what: "64 reads are in flight in an io_uring",
      },
    },
  ],
  [
    "small-writes",
    {
      kind: "writes",
      present: recorded,
      fix: {
        mechanism: "replay-gathered",
        parameters: BUFFER,
        what: "writes are gathered to 64 KiB",
      },
    },
  ],
  [
    "copy-loop",
    {
      kind: "copy",
      present: "replay-copied",
      fix: {
        mechanism: "replay-copy-range",
        parameters: {},
        what: "copy_file_range copies in the kernel",
      },
    },
  ],
]);

/** How a finding is replayed; null when it cannot be. */
export function wayOf({
  code,
  evidence,
  syscalls,
}: Pick<Finding, "code" | "evidence" | "syscalls">): Way | null {
  if (code === "sync-per-record") return grouped(evidence);
  if (code === "seek-then-read") return positioned(syscalls);
  return ways.get(code) ?? null;
}

/** Its seeks are before reads or before writes; of both, the reads are tried. */
function positioned(syscalls: readonly string[]): Way {
  const reads = syscalls.some((syscall) => syscall === "read" || syscall === "readv");
  return {
    kind: reads ? "reads" : "writes",
    present: recorded,
    fix: {
      mechanism: "replay-positioned",
      parameters: {},
      what: reads ? "pread says where, nothing seeks" : "pwrite says where, nothing seeks",
    },
  };
}

function grouped(evidence: Finding["evidence"]): Way {
  const said = evidence["recordsAtATime"];
  const group = typeof said === "number" && Number.isSafeInteger(said) && said > 0 ? said : GROUP;
  return {
    kind: "writes",
    present: recorded,
    fix: {
      mechanism: "replay-grouped",
      parameters: { group },
      what: `each sync makes ${group} records durable`,
    },
  };
}
