/** Streams: which lines move bytes of something that has one beginning and one position. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import type { DescriptorKind } from "../recording.ts";
import type { Program } from "./evidence.ts";

const STREAMS = new Set<DescriptorKind>(["file", "pipe", "fifo", "char", "block", "memfd"]);
const PLACED = new Set<DescriptorKind>(["file", "block", "memfd"]);
/** Of the calls on a file, how many must go on where the one before ended. */
export const MOSTLY = 0.5;

/** A file read or written on end, or a pipe; not a socket, whose messages have peers, nor a terminal. */
export function isStream({ target, sequential }: BillLine): boolean {
  return STREAMS.has(target.kind) && (sequential === null || sequential >= MOSTLY);
}

/** Calls each at a place of its own in a file. */
export function isScattered({ target, sequential }: BillLine): boolean {
  return PLACED.has(target.kind) && sequential !== null && sequential < MOSTLY;
}

/** How many of `syscalls` the process of a line made on the line's target. */
export function callsBeside(program: Program, line: BillLine, syscalls: Iterable<string>): number {
  const counts = countsOf(program);
  return sum([...syscalls], (syscall) => counts.get(placeKey(line, syscall)) ?? 0);
}

/** Calls that moved the position of the file that a line reads or writes. */
export function seeksBefore(program: Program, line: BillLine): number {
  return callsBeside(program, line, ["lseek"]);
}

/** Each program is asked for each of its lines: counted once, looked up after. */
const counted = new WeakMap<Program, ReadonlyMap<string, number>>();

function countsOf(program: Program): ReadonlyMap<string, number> {
  const known = counted.get(program);
  if (known !== undefined) return known;
  const counts = new Map<string, number>();
  for (const line of program.lines) {
    const key = placeKey(line, line.syscall);
    counts.set(key, (counts.get(key) ?? 0) + line.count);
  }
  counted.set(program, counts);
  return counts;
}

function placeKey({ process, target }: BillLine, syscall: string): string {
  return `${process.id} ${syscall} ${target.kind} ${target.path}`;
}
