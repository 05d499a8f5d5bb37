/** io_uring rows: operations by opcode over all rings, and by the process that owns the ring. */
import type { RecordedProcess, Recording } from "../recording.ts";
import type { BillUring } from "./shape.ts";

export function makeUringRows(recording: Recording): BillUring[] {
  const processes = new Map(recording.processes.map((process) => [process.id, process]));
  const rows = new Map<string, BillUring>();
  for (const recorded of recording.uring) {
    const { opcode, submitted: count, completed, errors, bytes } = recorded;
    const row = rows.get(opcode) ?? {
      opcode,
      count: 0,
      completed: 0,
      errors: 0,
      bytes: 0,
      processes: [],
    };
    row.count += count;
    row.completed += completed;
    row.errors += errors;
    row.bytes += bytes;
    const owner = recorded.process === null ? undefined : processes.get(recorded.process);
    row.processes.push({ process: ownerOf(owner), count, completed, errors, bytes });
    rows.set(opcode, row);
  }
  return [...rows.values()].sort((a, b) => b.count - a.count || (a.opcode < b.opcode ? -1 : 1));
}

function ownerOf(process: RecordedProcess | undefined) {
  if (process === undefined) return null;
  const { pid, comm, exe, id } = process;
  return { pid, comm, exe, id };
}
