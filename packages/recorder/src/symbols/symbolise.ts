/** Symbolise: gives the frames of a recording's stacks the names of functions, files and lines. */
import type { FrameSymbol } from "@crossbill/core";
import { ModuleNames } from "./module-names.ts";
import { perfMapSymbols } from "./perf-map.ts";
import { type Place, placeOf, type SampledRecording, seenMost } from "./wanted-frames.ts";

/** Names a place of a process, where it can. */
type Naming = (process: number, place: Place) => FrameSymbol | undefined;

/**
 * The recording with names in the frames of its stacks that were seen most, as far as they were found
 * before `signal`. Files are only believed when they still are what ran. Never rejects: a frame
 * without a name stays as it was.
 */
export async function symbolise<T extends SampledRecording>(
  recording: T,
  signal: AbortSignal,
): Promise<T> {
  const naming = await findNames(recording, signal);
  const chosen = seenMost(recording.stacks);
  const stacks = recording.stacks.map((stack) => {
    if (!chosen.has(stack)) return stack;
    const frames = stack.frames.map((frame, index) => {
      const place = placeOf(stack, index);
      const symbol = place === null ? undefined : naming(stack.process, place);
      return symbol === undefined ? frame : { ...frame, symbol };
    });
    return { ...stack, frames };
  });
  return { ...recording, stacks };
}

async function findNames(recording: SampledRecording, signal: AbortSignal): Promise<Naming> {
  const modules = new ModuleNames();
  const compiled = new Map<number, Set<number>>();
  const processes = new Set<number>();
  for (const stack of seenMost(recording.stacks)) {
    processes.add(stack.process);
    for (const [index, frame] of stack.frames.entries()) {
      const place = placeOf(stack, index);
      if (place === null) continue;
      if (place.module !== null) modules.want(place.module, place, frame.guess === true);
      else
        compiled.set(stack.process, (compiled.get(stack.process) ?? new Set()).add(place.offset));
    }
  }
  const [, maps] = await Promise.all([
    modules.find(recording, processes, signal),
    readMaps(recording, compiled, signal),
  ]);
  return (process, place) =>
    place.module === null
      ? maps.get(process)?.get(place.offset)
      : modules.symbol(place.module, place);
}

/** By process entry: names of the code that its runtime compiled. */
async function readMaps(
  recording: SampledRecording,
  wanted: ReadonlyMap<number, ReadonlySet<number>>,
  signal: AbortSignal,
): Promise<Map<number, ReadonlyMap<number, FrameSymbol>>> {
  // An attached process was there before the recording, and its map too.
  const notBeforeMs = recording.command.length === 0 ? null : Date.parse(recording.startedAt);
  const maps = new Map<number, ReadonlyMap<number, FrameSymbol>>();
  for (const { id, pid } of recording.processes) {
    const addresses = wanted.get(id);
    if (addresses === undefined) continue;
    const request = { pid, addresses: [...addresses], notBeforeMs };
    maps.set(id, await perfMapSymbols(request, signal));
  }
  return maps;
}
