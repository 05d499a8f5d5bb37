/**
 * Chrome's trace events, as JSON (the Trace Event Format). A bill has no timeline: its calls are laid end
 * to end, by process and call site, each as long as its boundary, kernel work and waiting together.
 */
import { printable } from "../printable.ts";
import { type CallFrame, type CallStack, callStacks } from "./call-stacks.ts";
import { addValues, type CallValues, noValues } from "./call-values.ts";
import type { ExportFormat } from "./export-format.ts";

const TIME_AXIS =
  "not a timeline: calls are laid end to end, each as long as its boundary, kernel work and waiting";

export const chrome: ExportFormat = {
  id: "chrome",
  extension: "trace.json",
  mediaType: "application/json",
  carries:
    "process, call sites, system call; the five figures as arguments of each slice. " +
    "Its time axis is not a timeline: calls are laid end to end",
  lacks: "targets; when anything happened; calls that cost no time have slices of length 0",
  readers: "speedscope; made for [Perfetto](https://ui.perfetto.dev) and chrome://tracing",
  write(bill) {
    const events: object[] = [];
    const roots = new Map<string, Slice>();
    for (const stack of callStacks(bill)) enter(roots, stack);
    for (const [at, root] of [...roots.values()].entries()) {
      // Not the process's own number, which two of them may share one after another.
      const pid = at + 1;
      const args = { name: root.name };
      events.push({ ph: "M", name: "process_name", pid, tid: pid, args });
      place(root, pid, 0, events);
    }
    return JSON.stringify({
      traceEvents: events,
      displayTimeUnit: "ns",
      otherData: { exporter: "crossbill", timeAxis: TIME_AXIS, command: commandOf(bill.command) },
    });
  },
};

function commandOf(command: readonly string[]): string {
  return printable(command.join(" "));
}

interface Slice {
  readonly name: string;
  readonly frame: CallFrame | null;
  /** Its own and those of the slices in it. */
  values: CallValues;
  readonly inside: Map<string, Slice>;
}

function enter(roots: Map<string, Slice>, { process, frames, values }: CallStack): void {
  let slice = sliceIn(roots, process, process, null);
  slice.values = addValues(slice.values, values);
  for (const frame of frames) {
    const key = JSON.stringify([frame.name, frame.file, frame.line]);
    slice = sliceIn(slice.inside, key, frame.name, frame);
    slice.values = addValues(slice.values, values);
  }
}

function sliceIn(
  slices: Map<string, Slice>,
  key: string,
  name: string,
  frame: CallFrame | null,
): Slice {
  const slice = slices.get(key) ?? { name, frame, values: noValues, inside: new Map() };
  slices.set(key, slice);
  return slice;
}

/** Writes a slice that begins at `startNs`, then what is in it, no deeper than call stacks are. */
function place(slice: Slice, pid: number, startNs: number, events: object[]): void {
  const { name, frame, values } = slice;
  events.push({
    ph: "X",
    name,
    cat: slice.inside.size === 0 ? "syscall" : "site",
    pid,
    tid: pid,
    ts: startNs / 1000,
    dur: costNs(slice) / 1000,
    args: {
      crossings: values.crossings,
      boundaryNs: values.boundary,
      kernelNs: values.kernel,
      waitNs: values.wait,
      bytes: values.bytes,
      ...(frame === null || frame.file === null ? {} : { file: frame.file, line: frame.line }),
    },
  });
  let at = startNs;
  for (const inner of slice.inside.values()) {
    place(inner, pid, at, events);
    at += costNs(inner);
  }
}

function costNs({ values }: Slice): number {
  return values.boundary + values.kernel + values.wait;
}
