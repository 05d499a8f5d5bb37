/**
 * Call stacks: a bill's calls as process, call site and system call, with what they cost. The cost is
 * that of the lines, to the unit; how it falls on the call sites is what samples showed.
 */
import { apportion } from "../bill/apportion.ts";
import type { Bill, BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import { seenBy } from "../findings/call-sites.ts";
import { printable } from "../printable.ts";
import { processNames } from "../process-names.ts";
import type { RecordedFrame, RecordedStack } from "../recording.ts";
import {
  addValues,
  type CallValues,
  eachValue,
  looseCalls,
  noValues,
  valueNames,
  valuesOf,
} from "./call-values.ts";

/** Names are `printable`: safe to show, and each text still its own. */
export interface CallFrame {
  readonly name: string;
  readonly file: string | null;
  readonly line: number | null;
}

export interface CallStack {
  /** The process, or why there is none. */
  readonly process: string;
  /** From the outermost function to the system call; without the process. */
  readonly frames: readonly CallFrame[];
  readonly values: CallValues;
}

const UNKNOWN_SITE = "(call site not known)";
const ALL_CALLS = "(of several calls)";
/** Recorders keep 32; a stranger's file may have more, of which the innermost are kept. */
const FRAMES_MAX = 128;

interface Group {
  readonly process: BillLine["process"];
  readonly syscall: string;
  values: CallValues;
  readonly seen: RecordedStack[];
}

/** All calls of the bill, each once. */
export function callStacks(bill: Bill): CallStack[] {
  const names = processNames(bill);
  const stacks = [...groupCalls(bill).values()].flatMap((group) =>
    stacksOf(group, printable(names(group.process))),
  );
  for (const { where, syscall, values } of looseCalls(bill)) {
    stacks.push({ process: where, frames: [named(syscall ?? ALL_CALLS)], values });
  }
  return stacks;
}

/** By process and system call, which is what samples know of a call. */
function groupCalls(bill: Bill): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const line of bill.lines) {
    const { process, syscall } = line;
    const key = `${process.id} ${syscall}`;
    const group = groups.get(key) ?? { process, syscall, values: noValues, seen: [] };
    group.values = addValues(group.values, valuesOf(line));
    groups.set(key, group);
  }
  for (const stack of bill.stacks) {
    if (stack.syscall !== null) groups.get(`${stack.process} ${stack.syscall}`)?.seen.push(stack);
  }
  return groups;
}

/** Waiting falls on stacks by where waits ended, all else by samples of time on the CPU. */
function stacksOf({ syscall, values, seen }: Group, process: string): CallStack[] {
  const leaf = named(printable(syscall));
  const [onCpu, waiting] = [seenBy(seen, false), seenBy(seen, true)];
  if (sum(seen, (stack) => onCpu(stack) + waiting(stack)) === 0) {
    return [{ process, frames: [named(UNKNOWN_SITE), leaf], values }];
  }
  const shares = new Map(
    valueNames.map((name) => [
      name,
      apportion(values[name], seen.map(name === "wait" ? waiting : onCpu)),
    ]),
  );
  return seen
    .map(({ frames }, at) => ({
      process,
      frames: [...sitesOf(frames), leaf],
      values: eachValue((name) => shares.get(name)?.[at] ?? 0),
    }))
    .filter((stack) => valueNames.some((name) => stack.values[name] > 0));
}

/** Outermost first. A guess that nobody could name is more likely no caller at all. */
function sitesOf(frames: readonly RecordedFrame[]): CallFrame[] {
  const callers = frames.filter(({ guess, symbol }) => guess !== true || symbol !== undefined);
  const sites = callers.slice(0, FRAMES_MAX).map(callFrame).toReversed();
  return sites.length > 0 ? sites : [named(UNKNOWN_SITE)];
}

/** As far as known; "?" behind it: a guess. */
function callFrame({ buildId, offset, guess, symbol }: RecordedFrame): CallFrame {
  const mark = guess === true ? "?" : "";
  const module = symbol?.module ?? null;
  const place = module === null ? (buildId ?? "") : module.slice(module.lastIndexOf("/") + 1);
  const name =
    symbol?.function ?? `${place}${place === "" ? "" : "+"}0x${offset.replace(/^0x/, "")}`;
  const file = symbol?.file ?? null;
  return {
    name: printable(name) + mark,
    file: file === null ? null : printable(file),
    line: symbol?.line ?? null,
  };
}

function named(name: string): CallFrame {
  return { name, file: null, line: null };
}
