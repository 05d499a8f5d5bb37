/** Rates: the prices that apply to one recording, by its recorder and timing. */
import type { Interval, Prices, RecorderPrice } from "../prices.ts";
import type { Recording } from "../recording.ts";
import { zeroInterval } from "../statistics.ts";

export interface Rates {
  /** Price of one crossing's boundary. */
  readonly boundary: Interval;
  /** What the recorder adds to one crossing. */
  readonly overhead: Interval;
  /** Exact timing: what a null system call spends between the hooks. */
  readonly windowFloor: Interval;
  /** What a null system call seems to wait (ptrace), else 0. */
  readonly waitFloor: Interval;
  /** What the recorder adds to the program's own CPU time per crossing (ptrace), null: unknown. */
  readonly overheadOnCpu: Interval | null;
  /** One minor fault of unknown kind. */
  readonly minorFault: Interval;
  /** False: the recorder's cost is unknown and counted as 0. */
  readonly recorderPriced: boolean;
}

export function ratesFor(recording: Recording, prices: Prices): Rates {
  const recorder = importPrice(recording) ?? recorderPrice(recording, prices);
  return {
    boundary: prices.nullSyscallNs,
    overhead: recorder?.overheadNsPerCrossing ?? zeroInterval,
    windowFloor: recorder?.windowFloorNs ?? zeroInterval,
    waitFloor: recorder?.waitFloorNs ?? zeroInterval,
    overheadOnCpu: recorder?.onCpuNsPerCrossing ?? null,
    minorFault: blend(prices.anonymousFaultNs, prices.fileFaultNs),
    recorderPriced: recorder !== null,
  };
}

/** What a log shows of its tool's cost: a part of each call's duration. The rest is in the time between calls. */
function importPrice({ imported }: Recording): RecorderPrice | null {
  if (imported === undefined) return null;
  const { floorNs } = imported;
  return { overheadNsPerCrossing: zeroInterval, windowFloorNs: floorNs, waitFloorNs: floorNs };
}

function recorderPrice(recording: Recording, prices: Prices): RecorderPrice | null {
  if (recording.recorder === "ptrace") return prices.recorders.ptrace;
  return recording.timing === "exact" ? prices.recorders.ebpfExact : prices.recorders.ebpfSampled;
}

/** The kernel does not say which faults zeroed memory and which mapped a file: half of each. */
function blend(anonymous: Interval, file: Interval): Interval {
  return {
    low: Math.min(anonymous.low, file.low),
    likely: (anonymous.likely + file.likely) / 2,
    high: Math.max(anonymous.high, file.high),
  };
}
