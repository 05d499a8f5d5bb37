/** Collapsed stacks: one line a stack, frames joined by ";", then one figure; what flame graph tools read. */
import { callStacks } from "./call-stacks.ts";
import type { ExportFormat } from "./export-format.ts";

export const collapsed: ExportFormat = {
  id: "collapsed",
  extension: "collapsed.txt",
  mediaType: "text/plain; charset=utf-8",
  carries: "process, call sites, system call and one figure, by `--value`",
  lacks: "targets, source lines, the other figures",
  readers: "speedscope; made for flamegraph.pl and inferno",
  write(bill, { value }) {
    const totals = new Map<string, number>();
    for (const { process, frames, values } of callStacks(bill)) {
      const stack = [process, ...frames.map(({ name }) => name)].map(withoutSeparator).join(";");
      totals.set(stack, (totals.get(stack) ?? 0) + values[value]);
    }
    return [...totals]
      .filter(([, total]) => total > 0)
      .map(([stack, total]) => `${stack} ${total}\n`)
      .join("");
  },
};

/** Written as `printable` would, so that it can be read back. */
function withoutSeparator(name: string): string {
  return name.replaceAll(";", "\\x3b");
}
