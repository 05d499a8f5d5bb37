/** others-load: what other processes did to a measurement: CPUs they kept busy, and who traces us. */
import { readFileSync } from "node:fs";

/** Clock ticks up to a moment; two of them make the load of the others in between. */
export interface CpuUse {
  readonly cpus: number;
  /** Of all CPUs, idle and stolen ones included. */
  readonly ticks: number;
  /** In which a process or an interrupt ran. */
  readonly busyTicks: number;
  /** Of these, the ones of this process and of its children that have ended. */
  readonly ownTicks: number;
}

/** Reads /proc/stat and /proc/self/stat (proc(5)); all zero when they are not as expected. */
export function cpuUseOf(stat: string, selfStat: string): CpuUse {
  const fields = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? "").split(" ").map(Number).slice(0, 8);
  const [, , , idle = 0, waiting = 0, , , stolen = 0] = fields;
  // The name in parentheses may hold anything; utime, stime, cutime and cstime are fields 14 to 17.
  const own = selfStat
    .slice(selfStat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 15)
    .map(Number);
  const valid = [...fields, ...own].every((value) => Number.isFinite(value) && value >= 0);
  if (!valid || fields.length < 8 || own.length < 4) {
    return { cpus: 0, ticks: 0, busyTicks: 0, ownTicks: 0 };
  }
  const ticks = fields.reduce((a, b) => a + b, 0);
  return {
    cpus: stat.match(/^cpu\d/gm)?.length ?? 1,
    ticks,
    busyTicks: ticks - idle - waiting - stolen,
    ownTicks: own.reduce((a, b) => a + b, 0),
  };
}

/** The use of the CPUs up to this moment. */
export function cpuUse(): CpuUse {
  return cpuUseOf(textOf("/proc/stat"), textOf("/proc/self/stat"));
}

/** How many CPUs others kept busy between two moments, on average. */
export function othersCpus(before: CpuUse, after: CpuUse): number {
  const ticks = after.ticks - before.ticks;
  if (ticks <= 0) return 0;
  const own = after.ownTicks - before.ownTicks;
  return Math.max(0, ((after.busyTicks - before.busyTicks - own) * after.cpus) / ticks);
}

/** The process that traces this one; null when none does. */
export function tracerPid(status: string = textOf("/proc/self/status")): number | null {
  const pid = Number(/^TracerPid:\s*(\d{1,9})$/m.exec(status)?.[1] ?? 0);
  return pid === 0 ? null : pid;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
