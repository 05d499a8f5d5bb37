/** Streams: which lines move bytes of something that has one beginning and one position. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import type { DescriptorKind } from "../recording.ts";
import type { Program } from "./evidence.ts";

const STREAMS = new Set<DescriptorKind>(["file", "pipe", "fifo", "char", "block", "memfd"]);
/** Of the calls on a file, how many must go on where the one before ended. */
const MOSTLY = 0.5;

/** A file read or written on end, or a pipe; not a socket, whose messages have peers, nor a terminal. */
export function isStream({ target, sequential }: BillLine): boolean {
  return STREAMS.has(target.kind) && (sequential === null || sequential >= MOSTLY);
}

/** Calls that moved the position of the file that a line reads or writes. */
export function seeksBefore({ lines }: Program, line: BillLine): number {
  const same = lines.filter(
    ({ syscall, process, target }) =>
      syscall === "lseek" &&
      process.id === line.process.id &&
      target.kind === line.target.kind &&
      target.path === line.target.path,
  );
  return sum(same, ({ count }) => count);
}
