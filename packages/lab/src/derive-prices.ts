/** derive-prices: from what each process measured to prices; pure. */
import { type Interval, type Prices, UnsupportedError } from "@crossbill/core";
import type { CopyTier } from "./cache-tiers.ts";
import { intervalOver, relativeSpread } from "./estimate.ts";
import { type ProfileEntry, type Term, termName } from "./profile.ts";
import type { CalibrationWarning } from "./warnings.ts";

/** The low quantile of one process: what one event of a mechanism cost in one round. */
export interface Measurement {
  readonly name: string;
  readonly round: number;
  readonly nsPerEvent: number;
  readonly linear: boolean | null;
}

/** The name of a price that the bill needs. */
export function pricedName(mechanism: string, bytes = 0): string {
  return bytes > 0 ? `${mechanism} of ${bytes} bytes` : mechanism;
}

/** The prices that need no recorder. */
export type MechanismPrices = Pick<
  Prices,
  | "nullSyscallNs"
  | "oneByteReadNs"
  | "copyNsPerByte"
  | "anonymousFaultNs"
  | "fileFaultNs"
  | "contextSwitchNs"
>;

/** Beyond half its value to either side an interval is worth a word. */
const WIDE = 0.5;

/** What one round measured, by name of the mechanism. */
class Rounds {
  readonly #values = new Map<string, Map<number, number>>();

  constructor(measurements: readonly Measurement[]) {
    for (const { name, round, nsPerEvent } of measurements) {
      const rounds = this.#values.get(name) ?? new Map<number, number>();
      this.#values.set(name, rounds.set(round, nsPerEvent));
    }
  }

  /**
   * The interval of `mechanism` minus `less`, round by round: both were measured within a second of
   * each other, so what slows the whole machine cancels. `per` divides the difference.
   */
  interval(mechanism: string, less: string | null, per = 1): Interval {
    const rounds = this.#values.get(mechanism) ?? new Map<number, number>();
    const floor = less === null ? null : this.#values.get(less);
    const values = [...rounds].flatMap(([round, ns]) => {
      const subtract = floor === null ? 0 : floor?.get(round);
      return subtract === undefined ? [] : [(ns - subtract) / per];
    });
    const interval = intervalOver(values);
    if (interval === null)
      throw new UnsupportedError(`calibration (no sample of ${mechanism})`, null);
    return interval;
  }

  /** The sum of the terms in each round that has all of them. */
  sums(terms: readonly Term[]): number[] {
    const all = terms.map((term) => this.#values.get(termName(term)));
    return [...(all[0]?.keys() ?? [])].flatMap((round) => {
      const values = all.map((of) => of?.get(round));
      if (values.includes(undefined)) return [];
      return [terms.reduce((sum, { times }, at) => sum + times * (values[at] ?? 0), 0)];
    });
  }
}

/**
 * The prices of the mechanisms, and what is doubtful about them.
 * @throws UnsupportedError when a mechanism was not measured in any round.
 */
export function derivePrices(
  measurements: readonly Measurement[],
  tiers: readonly CopyTier[],
): { prices: MechanismPrices; warnings: CalibrationWarning[] } {
  const rounds = new Rounds(measurements);
  const prices: MechanismPrices = {
    nullSyscallNs: rounds.interval("getppid", "null"),
    oneByteReadNs: rounds.interval("read-byte", "null"),
    copyNsPerByte: tiers.map(({ tier, measureBytes, upToBytes }) => ({
      tier,
      upToBytes,
      // The slope: the call's own price, the same at one byte, drops out.
      ns: rounds.interval(
        pricedName("copy", measureBytes),
        pricedName("copy", 1),
        measureBytes - 1,
      ),
    })),
    anonymousFaultNs: rounds.interval("fault-anonymous", "null"),
    fileFaultNs: rounds.interval("fault-file", "null"),
    contextSwitchNs: rounds.interval("context-switch", "pipe-pair"),
  };
  const warnings = [
    ...orderWarnings(prices, rounds.interval("timer", "null")),
    ...linearityWarnings(measurements),
    ...widthWarnings(prices),
  ];
  return { prices, warnings };
}

/** Orders that hold on every machine: timer < null system call < read; bytes and switches cost. */
function orderWarnings(prices: MechanismPrices, timer: Interval): CalibrationWarning[] {
  const one: Interval = { low: 0, likely: 0, high: 0 };
  const ordered: readonly [string, Interval, string, Interval][] = [
    ["reading the clock", timer, "a null system call", prices.nullSyscallNs],
    ["a null system call", prices.nullSyscallNs, "a read of one byte", prices.oneByteReadNs],
    ["nothing", one, "a context switch", prices.contextSwitchNs],
    ["nothing", one, "an anonymous page fault", prices.anonymousFaultNs],
    ["nothing", one, "a page fault of a file", prices.fileFaultNs],
    ...prices.copyNsPerByte.map(({ tier, ns }): [string, Interval, string, Interval] => [
      "nothing",
      one,
      `copying in ${tier}`,
      ns,
    ]),
  ];
  return ordered
    .filter(([, low, , high]) => low.likely >= high.likely)
    .map(([cheaper, , dearer]) => ({ kind: "impossible-order", cheaper, dearer }));
}

/** Things that failed the check in most rounds; one round may have met a busy moment. */
function linearityWarnings(measurements: readonly Measurement[]): CalibrationWarning[] {
  const names = new Set(measurements.map(({ name }) => name));
  return [...names].flatMap((mechanism): CalibrationWarning[] => {
    const checked = measurements.filter((one) => one.name === mechanism && one.linear !== null);
    const failed = checked.filter((one) => one.linear === false);
    return failed.length * 2 > checked.length ? [{ kind: "not-linear", mechanism }] : [];
  });
}

function widthWarnings(prices: MechanismPrices): CalibrationWarning[] {
  const named: readonly [string, Interval][] = [
    ["the null system call", prices.nullSyscallNs],
    ["the read of one byte", prices.oneByteReadNs],
    ["the anonymous page fault", prices.anonymousFaultNs],
    ["the page fault of a file", prices.fileFaultNs],
    ["the context switch", prices.contextSwitchNs],
  ];
  return named
    .map(([price, interval]) => ({
      kind: "wide" as const,
      price,
      spread: relativeSpread(interval),
      everyCrossing: interval === prices.nullSyscallNs,
    }))
    .filter(({ spread }) => spread > WIDE);
}

/** eBPF recorders whose own cost wanders by much of what a recorded crossing costs in all. */
export function recorderWidthWarnings(
  nullSyscallNs: Interval,
  { ebpfSampled, ebpfExact }: Pick<Prices["recorders"], "ebpfSampled" | "ebpfExact">,
): CalibrationWarning[] {
  return Object.entries({ ebpfSampled, ebpfExact }).flatMap(([mode, price]) => {
    if (price === null) return [];
    const { low, likely, high } = price.overheadNsPerCrossing;
    const spread = (high - low) / 2 / (likely + nullSyscallNs.likely);
    if (!(spread > WIDE)) return [];
    return [{ kind: "wide", price: `the ${mode} recorder's cost`, spread, everyCrossing: true }];
  });
}

/** The profile's prices; what this machine refused is not in it, nor what needs what it refused. */
export function deriveProfile(
  measurements: readonly Measurement[],
  profile: readonly ProfileEntry[],
): NonNullable<Prices["mechanisms"]> {
  const rounds = new Rounds(measurements);
  const measured = profile.flatMap(({ code, what, terms }) => {
    const ns = intervalOver(rounds.sums(terms));
    const method = [...new Set(terms.map(({ mechanism }) => mechanism))].join(", ");
    return ns === null ? [] : [[code, { what, method, ns }] as const];
  });
  return Object.fromEntries(measured);
}
