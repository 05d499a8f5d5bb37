/** big-local-messages: large messages copied into the kernel and out of it, to a process nearby. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import type { Interval } from "../prices.ts";
import type { DescriptorKind } from "../recording.ts";
import { addIntervals, scaleInterval } from "../statistics.ts";
import { copyLines } from "./copies.ts";
import { bytesOf, countOf, type Evidence, less, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";

const CALLS = new Set([
  "read",
  "readv",
  "recvfrom",
  "recvmsg",
  "write",
  "writev",
  "sendto",
  "sendmsg",
]);
const LOCAL = new Set<DescriptorKind>(["pipe", "fifo", "unix"]);
/** From here on copying the bytes costs more than handing over a message. */
const BIG_BYTES = 16_384;
/** Of the messages, for how many one side or the other has to be woken. */
const WOKEN: Interval = { low: 0, likely: 1, high: 2 };
/** Of what copying costs in the nearest cache: what was copied lay there, the shared page does not. */
const COLD: Interval = { low: 0, likely: 0.3, high: 1 };

function look(evidence: Evidence): Candidate[] {
  const places = evidence.programs.flatMap((program) => {
    const copied = copyLines(program);
    const lines = program.lines.filter((line) => isBig(line) && !copied.has(line));
    return lines.length === 0 ? [] : [{ program, lines }];
  });
  const [first] = places;
  if (first === undefined) return [];
  return [
    candidate(
      evidence,
      first.program,
      places.flatMap(({ lines }) => lines),
    ),
  ];
}

function isBig({ syscall, target, bytes, count }: BillLine): boolean {
  return CALLS.has(syscall) && LOCAL.has(target.kind) && count > 0 && bytes / count >= BIG_BYTES;
}

/** Both ends at once: what one end saves, the other does too. */
function candidate(evidence: Evidence, program: Program, lines: readonly BillLine[]): Candidate {
  const calls = countOf(lines);
  const bytes = bytesOf(lines);
  const now = evidence.cpuCost(lines);
  const { contextSwitchNs, nullSyscallNs } = evidence.bill.prices;
  const wake = evidence.price("futex-wake") ?? scaleInterval(nullSyscallNs, 2);
  const after = addIntervals(
    scaleInterval(WOKEN, ((wake.likely + contextSwitchNs.likely) * calls) / 2),
    scaleInterval(COLD, evidence.copying(bytes, 0).likely),
  );
  return {
    ...placeOf(program, lines),
    saving: less(now, after),
    boundNs: now.high,
    evidence: {
      calls,
      bytes,
      averageBytes: Math.round(bytes / calls),
      waitNs: sum(lines, ({ waitNs }) => waitNs),
    },
  };
}

export const bigLocalMessages: FindingRule = {
  code: "big-local-messages",
  title: "big messages to a process nearby",
  needs: "Reads and writes of 16 KiB and more, on average, on pipes and Unix sockets.",
  gate: "Not where a process only hands on what it reads, which is a copy loop.",
  priced: "What the calls cost now, less a wake-up for each message and colder memory.",
  fix: {
    c:
      "memfd_create + mmap(MAP_SHARED) in both; a ring of frames, handed over by futex or eventfd;\n" +
      "or, from a file: let the reader open the file itself",
    node: "worker_threads with a SharedArrayBuffer and Atomics.wait/notify instead of a child process",
    python:
      "multiprocessing.shared_memory.SharedMemory, a semaphore or the old pipe for the hand-over",
    go: "goroutines in one process; between two: syscall.Mmap of a memfd, the socket for the hand-over",
  },
  beware:
    "Whoever shares memory sees it change while reading it: check lengths after copying them, and let " +
    "only one side write a frame at a time.",
  trial: null,
  look,
};
