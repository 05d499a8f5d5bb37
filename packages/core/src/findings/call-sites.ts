/** Call sites: the places in the user's own code from which a process made some of its calls. */
import type { BillLine, BillProcess } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import type { FrameSymbol, RecordedFrame, RecordedStack } from "../recording.ts";

export interface CallSite {
  /** `function (file:line)` as far as known, else `program+0xoffset`; a "?" behind it: a guess. */
  readonly place: string;
  /** Of what was seen of the calls: samples of their time on the CPU, or returns from waiting. */
  readonly share: number;
  /** How often the place was seen. */
  readonly samples: number;
}

/** What a bill says of its call sites. */
export interface SampledBill {
  readonly stacks: readonly RecordedStack[];
  readonly processes: readonly Pick<BillProcess, "id" | "exe">[];
  readonly lines: readonly Pick<BillLine, "process" | "syscall" | keyof CallCost>[];
}

interface CallCost {
  readonly boundaryNs: number;
  readonly kernelNs: number;
  readonly waitNs: number;
}

const SITES_MAX = 5;

/**
 * Where the processes made these calls, best first. By samples of their time on the CPU, or, when
 * they cost more by waiting, by where waits ended. Empty when no stack led into code with a name.
 */
export function callSites(
  bill: SampledBill,
  processes: readonly number[],
  syscalls: readonly string[],
): CallSite[] {
  const [own, calls] = [new Set(processes), new Set(syscalls)];
  const programs = new Map(bill.processes.map(({ id, exe }) => [id, exe]));
  const stacks = bill.stacks.filter(
    ({ process, syscall }) => own.has(process) && syscall !== null && calls.has(syscall),
  );
  const lines = bill.lines.filter(
    ({ process, syscall }) => own.has(process.id) && calls.has(syscall),
  );
  const seen = seenBy(stacks, waitMost(lines));
  const all = sum(stacks, seen);
  const byPlace = new Map<string, number>();
  for (const stack of stacks) {
    const place = placeOf(stack, programs.get(stack.process) ?? null);
    if (place !== null) byPlace.set(place, (byPlace.get(place) ?? 0) + seen(stack));
  }
  return [...byPlace]
    .filter(([, samples]) => samples > 0)
    .map(([place, samples]) => ({ place, share: samples / all, samples }))
    .toSorted((a, b) => b.samples - a.samples || (a.place < b.place ? -1 : 1))
    .slice(0, SITES_MAX);
}

function waitMost(lines: readonly CallCost[]): boolean {
  const onCpuNs = sum(lines, ({ boundaryNs, kernelNs }) => boundaryNs + kernelNs);
  return sum(lines, ({ waitNs }) => waitNs) > onCpuNs;
}

/** What stands for a stack's share: the one kind where there is any of it, else the other. */
export function seenBy(
  stacks: readonly RecordedStack[],
  prefersWaits: boolean,
): (stack: RecordedStack) => number {
  const samples = (stack: RecordedStack) => stack.samples;
  const waits = (stack: RecordedStack) => stack.waits ?? 0;
  const [preferred, other] = prefersWaits ? [waits, samples] : [samples, waits];
  return sum(stacks, preferred) > 0 ? preferred : other;
}

/** What a frame is to its user; the innermost of the first kind that a stack has is the call site. */
const kinds = ["script", "source", "program", "library", "rest"] as const;

function placeOf({ frames }: RecordedStack, program: string | null): string | null {
  const named = frames.flatMap((frame, index) =>
    frame.symbol === undefined
      ? []
      : [{ frame, symbol: frame.symbol, kind: kindOf(frame.symbol, program, index === 0) }],
  );
  for (const kind of kinds) {
    const own = named.find((each) => each.kind === kind);
    if (own !== undefined) return describe(own.frame, own.symbol);
  }
  return null;
}

/** The C library makes every call for others, and what lies below main is nobody's code. */
const RUNTIME_LIBRARY =
  /\/(?:libc|libpthread|ld-linux[\w.-]*|ld|ld-musl-[\w-]+)(?:-[\d.]+)?\.so(?:\.\d+)?$/;
/** Code that comes with Node, Python, Go and Rust. */
const RUNTIME_SOURCE =
  /^(?:node:|internal\/|<frozen |\/usr\/(?:local\/)?(?:lib|share|go)\/|\/rustc\/)/;

/** A program linked statically makes its calls in libc's code, of which it has no source lines. */
function kindOf(
  { module, file }: FrameSymbol,
  program: string | null,
  isInnermost: boolean,
): (typeof kinds)[number] {
  const hasSource = file !== null && !RUNTIME_SOURCE.test(file);
  if (module === null) return hasSource ? "script" : "rest";
  if (module === program) return hasSource ? "source" : isInnermost ? "rest" : "program";
  return RUNTIME_LIBRARY.test(module) ? "rest" : "library";
}

function describe({ offset, guess }: RecordedFrame, symbol: FrameSymbol): string {
  const { function: name, file, line, module } = symbol;
  const mark = guess === true ? "?" : "";
  if (name === null && file === null) return `${fileName(module)}+0x${offset}${mark}`;
  const source = file === null ? fileName(module) : line === null ? file : `${file}:${line}`;
  const where = name === null ? source : source === "" ? name : `${name} (${source})`;
  return `${where}${mark}`;
}

function fileName(path: string | null): string {
  return path?.slice(path.lastIndexOf("/") + 1) ?? "";
}
