/** Copies: a process that reads as many bytes as it writes and does little else with them. */
import type { BillLine, BillProcess } from "../bill/shape.ts";
import type { DescriptorKind } from "../recording.ts";
import { costOf, type Program } from "./evidence.ts";

const READS = new Set(["read", "readv", "pread64"]);
const WRITES = new Set(["write", "writev", "pwrite64", "sendto", "send"]);
const SOURCES = new Set<DescriptorKind>(["file", "block", "memfd", "pipe", "fifo"]);
const SINKS = new Set<DescriptorKind>([...SOURCES, "unix", "tcp"]);
/** How far the bytes may differ: a header, or a rest that was not written. */
const TOLERANCE = 1 / 64;

/** What one process read from one place and wrote to another. */
export interface Copy {
  readonly from: BillLine;
  readonly to: BillLine;
}

const found = new WeakMap<Program, readonly Copy[]>();

/** The copies of a program, at most one a process. */
export function copiesOf(program: Program): readonly Copy[] {
  const known = found.get(program);
  if (known !== undefined) return known;
  const linesOf = new Map<number, BillLine[]>();
  for (const line of program.lines) {
    const own = linesOf.get(line.process.id) ?? [];
    linesOf.set(line.process.id, own);
    own.push(line);
  }
  const copies = program.processes.flatMap((process) =>
    copyOf(process, linesOf.get(process.id) ?? []),
  );
  found.set(program, copies);
  return copies;
}

/** The lines that belong to copies, which are advised on as copies. */
export function copyLines(program: Program): ReadonlySet<BillLine> {
  return new Set(copiesOf(program).flatMap(({ from, to }) => [from, to]));
}

function copyOf(process: BillProcess, lines: readonly BillLine[]): Copy[] {
  const from = largest(lines, READS, SOURCES);
  const to = largest(lines, WRITES, SINKS);
  if (from === null || to === null) return [];
  const isSame = from.target.kind === to.target.kind && from.target.path === to.target.path;
  const difference = Math.abs(from.bytes - to.bytes);
  const isEqual = difference <= Math.max(from.bytes, to.bytes) * TOLERANCE;
  const isIdle = process.time.userNs < costOf(from) + costOf(to);
  return isEqual && !isSame && isIdle ? [{ from, to }] : [];
}

function largest(
  lines: readonly BillLine[],
  syscalls: ReadonlySet<string>,
  kinds: ReadonlySet<DescriptorKind>,
): BillLine | null {
  let most: BillLine | null = null;
  for (const line of lines) {
    if (line.count === 0 || !syscalls.has(line.syscall) || !kinds.has(line.target.kind)) continue;
    if (line.bytes > (most?.bytes ?? 0)) most = line;
  }
  return most;
}
