/** Recording references: what a schema cannot say, that ids are unique and lead somewhere. */
import type { RecordedSequence, Recording } from "./recording.ts";

export interface BrokenReference {
  /** Path of the field, such as `lines[3].target`. */
  readonly field: string;
  readonly problem: string;
}

/** The first id that is used twice or leads nowhere; null when all are sound. */
export function checkReferences(recording: Recording): BrokenReference | null {
  const processes = new Set<number>();
  for (const [index, { id }] of recording.processes.entries()) {
    if (processes.has(id)) return broken(`processes[${index}].id`, `${id} is used twice`);
    processes.add(id);
  }
  const targets = new Set<string>();
  for (const [index, { id }] of recording.targets.entries()) {
    if (targets.has(id)) return broken(`targets[${index}].id`, "the id is used twice");
    targets.add(id);
  }
  for (const [index, line] of recording.lines.entries()) {
    if (line.process !== null && !processes.has(line.process)) {
      return broken(`lines[${index}].process`, `there is no process ${line.process}`);
    }
    if (line.target !== null && !targets.has(line.target)) {
      return broken(`lines[${index}].target`, "there is no such target");
    }
    if (line.sequential > line.positioned) {
      return broken(`lines[${index}].sequential`, `${line.sequential} is more than positioned`);
    }
  }
  return (
    checkOwners("uring", recording.uring, processes) ??
    checkOwners("stacks", recording.stacks, processes) ??
    checkOwners("sequences", recording.sequences ?? [], processes) ??
    checkSequences(recording.sequences ?? [], targets)
  );
}

function checkSequences(
  sequences: readonly RecordedSequence[],
  targets: ReadonlySet<string>,
): BrokenReference | null {
  for (const [index, { target, calls, accesses }] of sequences.entries()) {
    if (!targets.has(target))
      return broken(`sequences[${index}].target`, "there is no such target");
    const stray = accesses.findIndex(([call]) => call >= calls.length);
    if (stray >= 0)
      return broken(`sequences[${index}].accesses[${stray}]`, "there is no such call");
  }
  return null;
}

function checkOwners(
  list: string,
  items: readonly { readonly process: number | null }[],
  processes: ReadonlySet<number>,
): BrokenReference | null {
  const index = items.findIndex(({ process }) => process !== null && !processes.has(process));
  if (index < 0) return null;
  return broken(`${list}[${index}].process`, `there is no process ${items[index]?.process}`);
}

function broken(field: string, problem: string): BrokenReference {
  return { field, problem };
}
