/** conditions: what else the machine was doing while it was measured. */
import { readFileSync } from "node:fs";

/** A moment's counters; two of them make the conditions. */
export interface ConditionsSnapshot {
  /** Runnable and uninterruptible tasks, averaged over the last minute. */
  readonly load: number;
  /** Clock ticks of all CPUs since the start of the machine. */
  readonly ticks: number;
  /** Of these, the ones in which the hypervisor ran somebody else. */
  readonly stolenTicks: number;
}

/** The conditions between two moments. */
export interface MachineConditions {
  readonly loadBefore: number;
  readonly loadAfter: number;
  /** Share of the time of all CPUs that the hypervisor took away, 0 to 1. */
  readonly stealShare: number;
}

/** First line of /proc/stat: user nice system idle iowait irq softirq steal guest guest_nice. */
export function ticksOf(stat: string): { ticks: number; stolenTicks: number } {
  const line = /^cpu +(.*)$/m.exec(stat)?.[1] ?? "";
  // Guest time is already inside user and nice (proc(5)), so the sum ends with steal.
  const fields = line.split(" ").map(Number).slice(0, 8);
  const valid = fields.every((field) => Number.isFinite(field) && field >= 0);
  if (!valid || fields.length < 8) return { ticks: 0, stolenTicks: 0 };
  return { ticks: fields.reduce((a, b) => a + b, 0), stolenTicks: fields[7] ?? 0 };
}

/** The counters of this moment; zeros where /proc cannot be read. */
export function machineConditions(): ConditionsSnapshot {
  const read = (path: string): string => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return "";
    }
  };
  const load = Number.parseFloat(read("/proc/loadavg"));
  return { load: Number.isFinite(load) ? load : 0, ...ticksOf(read("/proc/stat")) };
}

/** What happened between `before` and `after`. */
export function conditionsBetween(
  before: ConditionsSnapshot,
  after: ConditionsSnapshot,
): MachineConditions {
  const ticks = after.ticks - before.ticks;
  const stolen = after.stolenTicks - before.stolenTicks;
  return {
    loadBefore: before.load,
    loadAfter: after.load,
    stealShare: ticks > 0 && stolen > 0 ? Math.min(1, stolen / ticks) : 0,
  };
}
