/** speedscope's own format: a flame graph for each figure (https://www.speedscope.app/file-format-schema.json). */
import { sum } from "../bill/sum.ts";
import { printable } from "../printable.ts";
import { type CallFrame, type CallStack, callStacks } from "./call-stacks.ts";
import { type ValueName, valueNames, valueUnits } from "./call-values.ts";
import type { ExportFormat } from "./export-format.ts";

const units = { nanoseconds: "nanoseconds", count: "none", bytes: "bytes" } as const;

export const speedscope: ExportFormat = {
  id: "speedscope",
  extension: "speedscope.json",
  mediaType: "application/json",
  carries: "process, call sites, system call, source lines; a profile for each of the five figures",
  lacks: "targets",
  readers: "[speedscope](https://www.speedscope.app)",
  write(bill, { value }) {
    const stacks = callStacks(bill);
    const frames = new FrameTable();
    const samples = stacks.map((stack) => frames.indices(stack));
    return JSON.stringify({
      $schema: "https://www.speedscope.app/file-format-schema.json",
      name: printable(bill.command.join(" "), { maxWidth: 80 }),
      exporter: "crossbill",
      activeProfileIndex: valueNames.indexOf(value),
      shared: { frames: frames.list },
      profiles: valueNames.map((name) => profile(name, stacks, samples)),
    });
  },
};

function profile(
  name: ValueName,
  stacks: readonly CallStack[],
  samples: readonly (readonly number[])[],
): object {
  const present = [...stacks.keys()].filter((at) => (stacks[at]?.values[name] ?? 0) > 0);
  const weights = present.map((at) => stacks[at]?.values[name] ?? 0);
  return {
    type: "sampled",
    name,
    unit: units[valueUnits[name]],
    startValue: 0,
    endValue: sum(weights, (weight) => weight),
    samples: present.map((at) => samples[at] ?? []),
    weights,
  };
}

interface SpeedscopeFrame {
  readonly name: string;
  readonly file?: string;
  readonly line?: number;
}

/** Each frame once, whichever stacks it is in. */
class FrameTable {
  readonly list: SpeedscopeFrame[] = [];
  readonly #indices = new Map<string, number>();

  indices({ process, frames }: CallStack): number[] {
    return [{ name: process, file: null, line: null }, ...frames].map((frame) => this.#of(frame));
  }

  #of({ name, file, line }: CallFrame): number {
    const key = JSON.stringify([name, file, line]);
    const known = this.#indices.get(key);
    if (known !== undefined) return known;
    const index = this.list.length;
    this.list.push({
      name,
      ...(file === null ? {} : { file }),
      ...(line === null ? {} : { line }),
    });
    this.#indices.set(key, index);
    return index;
  }
}
