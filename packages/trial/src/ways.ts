/** ways: for each finding that a replay can prove, the calls it is about and the way it proposes. */

export interface Way {
  /** What the calls do; a copy reads one file and writes the scratch file. */
  readonly kind: "reads" | "writes" | "copy";
  /** Mechanism of the recorded calls. */
  readonly present: string;
  /** Mechanism of the fix, and what it is told. */
  readonly proposed: string;
  readonly parameters: Readonly<Record<string, number>>;
  /** The fix in words. */
  readonly what: string;
  /** Instead of `proposed`, when the file was not in the page cache. */
  readonly cold?: { readonly proposed: string; readonly what: string };
}

const recorded = "replay-recorded";
/** What the rules assume of a buffer: see their `priced`. */
const BUFFER = { piece: 65_536 };
/** Records that one fsync makes durable, when the finding does not say how many. */
const GROUP = 32;

const buffered: Way = {
  kind: "reads",
  present: recorded,
  proposed: "replay-buffered",
  parameters: BUFFER,
  what: "one read of 64 KiB serves many",
};
const mapped: Way = {
  kind: "reads",
  present: recorded,
  proposed: "replay-mapping",
  parameters: {},
  what: "the file is mapped once and copied from",
};

const ways: ReadonlyMap<string, Way> = new Map([
  ["small-reads", buffered],
  ["contiguous-preads", buffered],
  ["repeated-reads", mapped],
  [
    "scattered-reads",
    { ...mapped, cold: { proposed: "replay-ring", what: "32 reads at a time in an io_uring" } },
  ],
  [
    "seek-then-read",
    {
      kind: "reads",
      present: recorded,
      proposed: "replay-positioned",
      parameters: {},
      what: "pread says where, nothing seeks",
    },
  ],
  [
    "small-writes",
    {
      kind: "writes",
      present: recorded,
      proposed: "replay-gathered",
      parameters: BUFFER,
      what: "writes are gathered to 64 KiB",
    },
  ],
  [
    "sync-per-record",
    {
      kind: "writes",
      present: recorded,
      proposed: "replay-grouped",
      parameters: { group: GROUP },
      what: "one fsync makes many records durable",
    },
  ],
  [
    "copy-loop",
    {
      kind: "copy",
      present: "replay-copied",
      proposed: "replay-copy-range",
      parameters: {},
      what: "copy_file_range copies in the kernel",
    },
  ],
]);

/** How a finding is replayed; null when it cannot be. */
export function wayOf(code: string): Way | null {
  return ways.get(code) ?? null;
}
