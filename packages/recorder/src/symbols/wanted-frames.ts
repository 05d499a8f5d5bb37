/** Wanted frames: the addresses of a recording's stacks that are worth a name, by where they are. */
import type {
  RecordedFrame,
  RecordedLine,
  RecordedProcess,
  RecordedStack,
  Target,
} from "@crossbill/core";

/** What of a recording says where its frames are. */
export interface SampledRecording {
  /** Empty when processes were attached to. */
  readonly command: readonly string[];
  readonly startedAt: string;
  readonly processes: readonly Pick<RecordedProcess, "id" | "pid" | "exe">[];
  readonly targets: readonly Target[];
  readonly lines: readonly Pick<RecordedLine, "process" | "syscall" | "target">[];
  readonly stacks: readonly RecordedStack[];
}

/** The stacks seen most get names; the rest were seen a few times each. */
const STACKS_MAX = 1000;
/** Offsets in files and addresses of user code are smaller; walks without frame pointers end above. */
const ADDRESS_MAX = 2 ** 47;

/** A frame's address as a number, as it is looked up. */
export interface Place {
  /** Build id, inode number, or neither: code without a file. */
  readonly module: string | number | null;
  readonly offset: number;
  /** Of an instruction after a call: what called ends one byte before. */
  readonly isReturn: boolean;
}

/** Where a frame is; null when that is no address. */
export function placeOf(stack: RecordedStack, index: number): Place | null {
  const frame = stack.frames[index];
  if (frame === undefined || !/^[0-9a-f]{1,16}$/.test(frame.offset)) return null;
  const offset = Number.parseInt(frame.offset, 16);
  if (offset === 0 || offset >= ADDRESS_MAX) return null;
  const isReturn = index > 0 || stack.syscall !== null;
  return { module: moduleOf(frame), offset, isReturn };
}

function moduleOf({ buildId, inode }: RecordedFrame): Place["module"] {
  return buildId ?? inode ?? null;
}

/** The stacks that get names. */
export function seenMost(stacks: readonly RecordedStack[]): ReadonlySet<RecordedStack> {
  return new Set(stacks.toSorted((a, b) => timesSeen(b) - timesSeen(a)).slice(0, STACKS_MAX));
}

function timesSeen({ samples, waits = 0, faults = 0 }: RecordedStack): number {
  return samples + waits + faults;
}
