/** Room for the boundary: a log that has no times still tells what its calls cost at the least. */
import type { Recording } from "../recording.ts";

/**
 * Of what was imported: a process lasted at least as long as its calls took and their boundary costs. What
 * our recorders measured stays as it is.
 */
export function roomForBoundary(recording: Recording, boundaryNs: number): Recording {
  if (recording.imported === undefined) return recording;
  const needed = new Map<number, { onCpuNs: number; waitNs: number }>();
  for (const { process, count, onCpuNs, wait } of recording.lines) {
    if (process === null) continue;
    const own = needed.get(process) ?? { onCpuNs: 0, waitNs: 0 };
    own.onCpuNs += (onCpuNs ?? 0) + count * boundaryNs;
    own.waitNs += wait.ioNs + wait.otherNs;
    needed.set(process, own);
  }
  const processes = recording.processes.map((process) => {
    const { onCpuNs = 0, waitNs = 0 } = needed.get(process.id) ?? {};
    const onCpu = Math.max(process.onCpuNs, onCpuNs);
    return { ...process, onCpuNs: onCpu, wallNs: Math.max(process.wallNs, onCpu + waitNs) };
  });
  return { ...recording, processes };
}
