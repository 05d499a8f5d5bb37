/** Select calls: a bill that lists only some system calls; its totals stay those of the whole run. */
import type { SyscallSelection } from "../trace-expression.ts";
import type { Bill, BillSyscall } from "./shape.ts";
import { sum } from "./sum.ts";

/** Filters every list by system call; `leftOut` says what the lists lack, over repeated selections. */
export function selectCalls(bill: Bill, selection: SyscallSelection): Bill {
  const lines = bill.lines.filter((line) => selection.has(line.syscall));
  const omitted = bill.syscalls.filter((row) => !selection.has(row.name));
  const total = (of: (row: BillSyscall) => number) => sum(omitted, of);
  return {
    ...bill,
    lines,
    syscalls: bill.syscalls.filter((row) => selection.has(row.name)),
    notItemised: bill.notItemised.filter((row) => selection.has(row.syscall)),
    unfinished: {
      ...bill.unfinished,
      calls: bill.unfinished.calls.filter((row) => selection.has(row.syscall)),
    },
    ...(bill.sequences === undefined
      ? {}
      : {
          sequences: bill.sequences.filter(({ calls }) =>
            calls.some((name) => selection.has(name)),
          ),
        }),
    stacks: bill.stacks.filter(({ syscall }) => syscall !== null && selection.has(syscall)),
    leftOut: {
      lines: (bill.leftOut?.lines ?? 0) + bill.lines.length - lines.length,
      crossings: (bill.leftOut?.crossings ?? 0) + total((row) => row.count),
      boundaryNs: (bill.leftOut?.boundaryNs ?? 0) + total((row) => row.boundaryNs),
      kernelNs: (bill.leftOut?.kernelNs ?? 0) + total((row) => row.kernelNs),
      waitNs: (bill.leftOut?.waitNs ?? 0) + total((row) => row.waitNs),
    },
  };
}
