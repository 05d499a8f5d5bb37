/** System call rows: the lines and the calls not itemised, summed by name, with those unfinished. */
import type { Recording } from "../recording.ts";
import { addCosts, lineCost } from "./call-costs.ts";
import type { BillLine, BillSyscall, NotItemised } from "./shape.ts";

export function makeSyscallRows(
  lines: readonly BillLine[],
  notItemised: readonly NotItemised[],
  unfinished: Recording["unfinished"],
): BillSyscall[] {
  const rows = new Map<string, BillSyscall>();
  for (const line of lines) {
    const row = rowOf(rows, line.syscall);
    addCosts(row, line);
    row.bytes += line.bytes;
    row.requestedBytes += line.requestedBytes;
  }
  for (const calls of notItemised) addCosts(rowOf(rows, calls.syscall), calls);
  for (const { syscall, count } of unfinished) {
    const row = rowOf(rows, syscall);
    row.count += count;
    row.unfinished += count;
  }
  return [...rows.values()].sort(
    (a, b) => lineCost(b) - lineCost(a) || b.count - a.count || (a.name < b.name ? -1 : 1),
  );
}

function rowOf(rows: Map<string, BillSyscall>, name: string): BillSyscall {
  const row = rows.get(name);
  if (row !== undefined) return row;
  const fresh: BillSyscall = {
    name,
    count: 0,
    unfinished: 0,
    errors: {},
    bytes: 0,
    requestedBytes: 0,
    boundaryNs: 0,
    kernelNs: 0,
    waitNs: 0,
  };
  rows.set(name, fresh);
  return fresh;
}
