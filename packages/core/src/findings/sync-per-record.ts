/** sync-per-record: each record is waited for until it is on the disk, by itself. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import type { Interval } from "../prices.ts";
import { addIntervals } from "../statistics.ts";
import { bytesOf, costOf, countOf, type Evidence, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";

const SYNCS = new Set(["fsync", "fdatasync", "msync"]);
const WRITES = new Set(["write", "writev", "pwrite64", "pwritev", "pwritev2"]);
/** Records made durable at a time: what the saving assumes, and at least and at most. */
const GROUP = { low: 10, likely: 100, high: Number.POSITIVE_INFINITY };
/** A small write that waits for half of what a sync costs is one (O_SYNC, O_DSYNC). */
const SYNC_SHARE = 0.5;
const PAGE_BYTES = 4096;

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => {
    const lines = program.lines.filter(
      (line) => line.count > 1 && (SYNCS.has(line.syscall) || isSynchronous(evidence, line)),
    );
    return lines.length === 0 ? [] : [candidate(evidence, program, lines)];
  });
}

function isSynchronous(evidence: Evidence, line: BillLine): boolean {
  const sync = evidence.price("fsync");
  if (!WRITES.has(line.syscall) || sync === null) return false;
  return diskWait(line) / line.count > sync.likely * SYNC_SHARE;
}

function candidate(evidence: Evidence, program: Program, lines: readonly BillLine[]): Candidate {
  const saving = addIntervals(
    ...lines.map((line) => product(evidence.cpuCost([line]), spared(program, line))),
  );
  const waitSaving = addIntervals(
    ...lines.map((line) => product(waiting(program, line), spared(program, line))),
  );
  const beside = companions(program, lines);
  const waits = sum(lines, (line) => waiting(program, line).high);
  const boundNs = evidence.cpuCost(lines).high + waits + beside;
  const diskNs = sum(lines, diskWait);
  return {
    ...placeOf(program, lines),
    saving,
    waitSaving: addIntervals(waitSaving, { low: 0, likely: beside / 2, high: beside }),
    boundNs,
    evidence: { syncs: countOf(lines), diskNs, recordsAtATime: GROUP.likely },
  };
}

function diskWait({ waits }: BillLine): number {
  return waits.disk ?? 0;
}

/** The wait for the disk, and the one for a CPU after each, which a busy machine adds. */
function waiting({ processes }: Program, line: BillLine): Interval {
  const process = processes.find(({ id }) => id === line.process.id);
  const switches = Math.max(1, process?.switches.voluntary ?? 1);
  const queued = (process?.time.runQueueNs ?? 0) * Math.min(1, line.count / switches);
  const disk = diskWait(line);
  return { low: disk, likely: disk + queued, high: disk + queued };
}

/**
 * Calls that move no bytes and wait for the disk beside the syncs, ns: where a journal is made and
 * removed for each record, that goes with them.
 */
function companions({ lines }: Program, syncs: readonly BillLine[]): number {
  const own = new Set(syncs.map(({ process }) => process.id));
  const beside = lines.filter(
    (line) =>
      own.has(line.process.id) && diskWait(line) > 0 && line.bytes === 0 && !syncs.includes(line),
  );
  return sum(beside, costOf);
}

/** Share of a line's syncs that groups spare: less where many records share one already. */
function spared(program: Program, line: BillLine): Interval {
  const share = (size: number) => {
    const left = Math.max(1, Math.ceil((line.count * recordsOf(program, line)) / size));
    return Math.max(0, 1 - left / line.count);
  };
  return { low: share(GROUP.low), likely: share(GROUP.likely), high: share(GROUP.high) };
}

/** Records that a sync makes durable now: the writes before it, or their pages. */
function recordsOf({ lines }: Program, sync: BillLine): number {
  if (WRITES.has(sync.syscall)) return 1;
  const writes = lines.filter(
    (line) =>
      WRITES.has(line.syscall) &&
      line.process.id === sync.process.id &&
      line.target.path === sync.target.path,
  );
  return Math.max(1, countOf(writes) / sync.count, bytesOf(writes) / PAGE_BYTES / sync.count);
}

function product(a: Interval, b: Interval): Interval {
  return { low: a.low * b.low, likely: a.likely * b.likely, high: a.high * b.high };
}

export const syncPerRecord: FindingRule = {
  code: "sync-per-record",
  title: "each record made durable by itself",
  needs:
    "fsync, fdatasync or msync again and again on a file, or small writes that each wait for the disk.",
  gate: "Not where a file is made durable once, nor where a hundred writes share a sync already.",
  priced: "What the calls cost and wait now, times the share that goes when 100 records share one.",
  fix: {
    c:
      "write many records, then one fdatasync(fd), and answer all who wait for them (group commit);\n" +
      "SQLite: BEGIN, many statements, COMMIT; journal_mode=WAL, synchronous=NORMAL",
    node: "gather records for a few ms, then fs.writevSync(fd, records) and one fs.fdatasyncSync(fd)",
    python: "one os.fdatasync(fd) for a batch; sqlite3: `with connection:` around many statements",
    go: "a goroutine that gathers records from a channel, then one file.Sync() for all of them",
  },
  beware:
    "Nobody may be told that a record is safe before the sync of its group; a crash loses the whole " +
    "group, and each record waits for it.",
  trial: "replay",
  look,
};
