/** Cross-check: compares the bill with everything that must agree with it, and says what does not. */
import type { Prices } from "../prices.ts";
import type { RecordedProcess, Recording } from "../recording.ts";
import { relativeHalfWidth, scaleInterval, wilsonInterval } from "../statistics.ts";
import type { Rates } from "./rates.ts";
import { sampleTotals } from "./samples.ts";
import type { BillTime } from "./shape.ts";
import { sum } from "./sum.ts";
import type { BillWarning } from "./warnings.ts";

const TOLERANCE = 0.05;
/** Below, tick accounting is too coarse to compare with: 50 ms are 5 to 50 ticks. */
const LEAST_CPU_NS = 50e6;
/** Below, a handful of events before the target's first instruction makes any share large. */
const LEAST_EVENTS = 100;
/** Below, a residual is rounding and start-up. */
const LEAST_WALL_NS = 10e6;
/** A split this much of the CPU time uncertain, in either direction, misleads. */
const SPLIT_TOLERANCE = 0.01;
const RELATIVE_SPLIT_TOLERANCE = 0.1;
const PRICES_TOLERANCE = 0.2;

export interface Checked {
  readonly recording: Recording;
  readonly prices: Prices;
  readonly rates: Rates;
  readonly time: BillTime;
  /** Calls that returned, itemised or not. */
  readonly crossings: number;
}

export function crossCheck(checked: Checked): BillWarning[] {
  return [
    ...checkImport(checked.recording),
    ...checkAudit(checked),
    ...checkUnseen(checked.recording),
    ...checkPrices(checked),
    ...checkSamples(checked),
    ...checkRusage(checked.recording),
    ...checkResidual(checked.time),
  ];
}

function checkImport({ imported }: Recording): BillWarning[] {
  if (imported === undefined) return [];
  const { from, gaps, unread } = imported;
  const warnings: BillWarning[] = [{ code: "imported", from, gaps }];
  if (unread > 0) warnings.push({ code: "import-unread", count: unread });
  return warnings;
}

function checkAudit({ recording: { audit }, crossings }: Checked): BillWarning[] {
  const warnings: BillWarning[] = [];
  const accounted = crossings + audit.lost;
  if (accounted !== audit.left || audit.entered !== audit.left + audit.inFlight) {
    warnings.push({ code: "audit", left: audit.entered - audit.inFlight, accounted });
  }
  if (audit.lost > 0) warnings.push({ code: "lost", count: audit.lost });
  if (audit.unitemised > 0) warnings.push({ code: "not-itemised", count: audit.unitemised });
  if (audit.unnamed > 0) warnings.push({ code: "unnamed", count: audit.unnamed });
  if (audit.stillRunning > 0) warnings.push({ code: "still-running", count: audit.stillRunning });
  return warnings;
}

/** What is in no count, or under a name that is not its own. */
function checkUnseen(recording: Recording): BillWarning[] {
  const { audit, processes } = recording;
  const warnings: BillWarning[] = [];
  const { threadsLost = 0 } = audit;
  if (threadsLost > 0) warnings.push({ code: "threads-lost", count: threadsLost });
  const calls = recording.recorder === "ebpf" ? 0 : uringCalls(recording);
  if (calls > 0) warnings.push({ code: "uring-unseen", count: calls });
  const compat = processes.filter((process) => process.compat === true).length;
  if (compat > 0) warnings.push({ code: "compat", count: compat });
  return warnings;
}

/** Without those that failed: where io_uring is forbidden a program asks once and does without. */
function uringCalls({ lines }: Recording): number {
  const used = lines.filter(
    ({ syscall, error }) => error === null && syscall.startsWith("io_uring_"),
  );
  return sum(used, ({ count }) => count);
}

function checkPrices({ recording, prices, rates, time, crossings }: Checked): BillWarning[] {
  const warnings: BillWarning[] = [];
  const [pricesKey, recordingKey] = [prices.machine.key, recording.machine.key];
  if (pricesKey !== recordingKey) {
    warnings.push({ code: "other-machine", pricesKey, recordingKey });
  }
  const { disturbedBy = [] } = prices;
  if (disturbedBy.length > 0) warnings.push({ code: "prices-disturbed", by: disturbedBy });
  if (!rates.recorderPriced) {
    const { recorder, timing } = recording;
    warnings.push({ code: "recorder-unpriced", recorder, timing });
  }
  if (recording.timing === "exact")
    return [...warnings, ...checkScale(recording, rates, time, crossings)];
  const { syscall, total, onCpuNs } = sampleTotals(recording);
  if (total === 0) return warnings;
  const inCalls = scaleInterval(wilsonInterval(syscall, total), onCpuNs);
  const pricedNs = crossings * (rates.boundary.likely + rates.overhead.likely);
  // Beyond what chance explains, and by enough to matter.
  if (pricedNs > inCalls.likely * (1 + PRICES_TOLERANCE) && pricedNs > inCalls.high) {
    warnings.push({ code: "prices-exceed", pricedNs, measuredNs: inCalls.likely });
  }
  return warnings;
}

/** With both hooks the boundary is billed at its price, unless there was no room for it. */
function checkScale(
  { recorder }: Recording,
  rates: Rates,
  time: BillTime,
  crossings: number,
): BillWarning[] {
  const pricedNs = crossings * (rates.boundary.likely + rates.overhead.likely);
  const boundaryNs = crossings * rates.boundary.likely;
  if (recorder !== "ebpf" || boundaryNs <= time.boundaryNs * (1 + PRICES_TOLERANCE)) return [];
  const measuredNs = pricedNs * (time.boundaryNs / boundaryNs);
  return [{ code: "prices-exceed", pricedNs, measuredNs }];
}

function checkSamples({ recording, crossings }: Checked): BillWarning[] {
  if (recording.timing === "exact" || recording.samplePeriodNs === null) return [];
  if (crossings === 0) return [];
  const { syscall, total } = sampleTotals(recording);
  const share = wilsonInterval(syscall, total);
  const matters = (share.high - share.low) / 2 > SPLIT_TOLERANCE;
  const halfWidth = relativeHalfWidth(share);
  if (!matters || halfWidth <= RELATIVE_SPLIT_TOLERANCE) return [];
  const relative = Number.isFinite(halfWidth) ? halfWidth : null;
  return [{ code: "few-samples", samples: total, relativeHalfWidth: relative }];
}

function checkRusage(recording: Recording): BillWarning[] {
  const { rusage, processes } = recording;
  if (rusage === null) return [];
  const total = (of: (process: RecordedProcess) => number) => sum(processes, of);
  const compared = [
    ["cpuNs", total((process) => process.onCpuNs), rusage.userNs + rusage.systemNs, LEAST_CPU_NS],
    ["minorFaults", total((process) => process.minorFaults), rusage.minorFaults, LEAST_EVENTS],
    ["majorFaults", total((process) => process.majorFaults), rusage.majorFaults, LEAST_EVENTS],
    [
      "voluntarySwitches",
      total((process) => process.voluntarySwitches),
      rusage.voluntarySwitches,
      LEAST_EVENTS,
    ],
    [
      "involuntarySwitches",
      total((process) => process.involuntarySwitches),
      rusage.involuntarySwitches,
      LEAST_EVENTS,
    ],
  ] as const;
  const warnings: BillWarning[] = [];
  // rusage holds only processes that ended and were waited for: others make it smaller, never larger.
  const partial = recording.audit.stillRunning > 0;
  for (const [what, recorded, kernel, least] of compared) {
    const larger = Math.max(recorded, kernel);
    if (larger < least || Math.abs(recorded - kernel) <= TOLERANCE * larger) continue;
    if (partial && recorded > kernel) continue;
    warnings.push({ code: "rusage-disagrees", what, recorded, rusage: kernel });
  }
  return warnings;
}

function checkResidual({ residualNs, wallNs }: BillTime): BillWarning[] {
  const large = Math.abs(residualNs) > TOLERANCE * wallNs;
  return large && wallNs >= LEAST_WALL_NS ? [{ code: "residual", residualNs, wallNs }] : [];
}
