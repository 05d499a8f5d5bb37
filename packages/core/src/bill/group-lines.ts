/** Group lines: a bill's lines summed by one of their three parts, dearest group first. */
import { addCosts, lineCost } from "./call-costs.ts";
import type { Bill, BillLine, BillTarget } from "./shape.ts";

export type Grouping = "process" | "syscall" | "target";

/** One group; only the part it is grouped by is set. */
export interface LineGroup {
  readonly process?: BillLine["process"];
  readonly syscall?: string;
  readonly target?: BillTarget;
  /** Calls without process and target; they have no group of their own by system call. */
  readonly notItemised?: true;
  lines: number;
  count: number;
  /** Calls of the lines, beside `count`, that did not return. */
  unfinished: number;
  readonly errors: Record<string, number>;
  bytes: number;
  requestedBytes: number;
  boundaryNs: number;
  kernelNs: number;
  waitNs: number;
}

type GroupPart = Pick<LineGroup, "process" | "syscall" | "target" | "notItemised">;

/** The groups add up to the lines and the calls not itemised. */
export function groupLines(bill: Bill, by: Grouping): LineGroup[] {
  const groups = new Map<string, LineGroup>();
  for (const line of bill.lines) {
    const group = groupOf(groups, partOf(line, by));
    group.lines += 1;
    group.unfinished += line.unfinished ?? 0;
    group.bytes += line.bytes;
    group.requestedBytes += line.requestedBytes;
    addCosts(group, line);
  }
  for (const calls of bill.notItemised) {
    const part: GroupPart = by === "syscall" ? { syscall: calls.syscall } : { notItemised: true };
    addCosts(groupOf(groups, part), calls);
  }
  return [...groups.values()].sort((a, b) => lineCost(b) - lineCost(a) || b.count - a.count);
}

function partOf(line: BillLine, by: Grouping): GroupPart {
  if (by === "process") return { process: line.process };
  return by === "syscall" ? { syscall: line.syscall } : { target: line.target };
}

function groupOf(groups: Map<string, LineGroup>, part: GroupPart): LineGroup {
  const key = JSON.stringify(part);
  const group = groups.get(key);
  if (group !== undefined) return group;
  const fresh: LineGroup = {
    ...part,
    lines: 0,
    count: 0,
    unfinished: 0,
    errors: {},
    bytes: 0,
    requestedBytes: 0,
    boundaryNs: 0,
    kernelNs: 0,
    waitNs: 0,
  };
  groups.set(key, fresh);
  return fresh;
}
