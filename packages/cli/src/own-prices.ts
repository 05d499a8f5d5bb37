/** This machine's prices for a bill: the stored ones while they hold, else measured on the spot. */
import { type Machine, type Prices, UsageError } from "@crossbill/core";
import {
  calibrate,
  loadPrices,
  type PricesLookup,
  pricesStillMatch,
  type RecorderMode,
  recorderModes,
  savePrices,
} from "@crossbill/lab";
import { asUser, type InvokingUser } from "./privilege.ts";
import { progressLine } from "./progress-line.ts";
import { say } from "./terminal.ts";

export interface PricesRequest {
  readonly machine: Machine;
  readonly user: InvokingUser | null;
  /** The recorder whose own cost must be known; null when none will run. */
  readonly mode: RecorderMode | null;
  /** Whether measuring is allowed (at most 3 s). */
  readonly mayCalibrate: boolean;
  /** Ends the measuring; the promise then rejects with an AbortError. */
  readonly signal: AbortSignal;
}

/**
 * The prices. Says on standard error when it measures and why.
 * @throws UsageError when there are none and measuring is not allowed.
 */
export async function ownPrices(request: PricesRequest): Promise<Prices> {
  const { machine, user, mayCalibrate } = request;
  const lookup = asUser(user, () => loadPrices(machine));
  if (lookup.state !== "found") {
    const reason = whyNot(lookup);
    if (!mayCalibrate) {
      throw new UsageError(`--no-calibrate, but ${reason}`, {
        remedy: "run `crossbill calibrate` once",
      });
    }
    if (lookup.state !== "missing") say(reason);
    return measureQuickly(request);
  }
  const { prices } = lookup;
  const doubt = mayCalibrate ? await doubtAbout(prices, request) : null;
  if (doubt !== null) {
    say(doubt);
    return measureQuickly(request);
  }
  if (!mayCalibrate || !isWorthAnotherTry(prices, new Date())) return prices;
  say("the stored prices were measured under bad conditions");
  return measureQuickly(request, prices);
}

/** A machine that is always busy is not measured at every run for ever. */
const RETRY_MS = 3_600_000;

/** Whether prices are disturbed, and the last attempt at better ones is long ago or in the future. */
export function isWorthAnotherTry(prices: Prices, now: Date): boolean {
  if ((prices.disturbedBy ?? []).length === 0) return false;
  const ageMs = now.getTime() - Date.parse(prices.triedAt ?? prices.measuredAt);
  return !(ageMs >= 0 && ageMs < RETRY_MS);
}

/**
 * The better of disturbed prices that still match and a new attempt: undisturbed ones; else the
 * cheaper ones, because interference only ever adds time.
 */
export function betterPrices(stored: Prices, measured: Prices): Prices {
  if ((measured.disturbedBy ?? []).length === 0) return measured;
  const cost = ({ nullSyscallNs, recorders }: Prices): number =>
    nullSyscallNs.likely + (recorders.ebpfExact?.overheadNsPerCrossing.likely ?? 0);
  const isComparable =
    (stored.recorders.ebpfExact === null) === (measured.recorders.ebpfExact === null);
  if (isComparable && cost(measured) < cost(stored)) return measured;
  return { ...stored, triedAt: measured.measuredAt };
}

/** Why stored prices of this machine do not serve, or null. */
async function doubtAbout(prices: Prices, request: PricesRequest): Promise<string | null> {
  const { mode, signal } = request;
  if (mode !== null && prices.recorders[mode] === null) {
    return "the stored prices lack this recorder's own cost (it did not work then)";
  }
  const { matches, nowNs, stored } = await pricesStillMatch(prices, signal);
  if (matches) return null;
  return (
    `a null system call takes ${nowNs.toFixed(0)} ns now, ` +
    `the stored price is ${stored.low.toFixed(0)} to ${stored.high.toFixed(0)} ns`
  );
}

async function measureQuickly(
  { machine, user, signal }: PricesRequest,
  rival?: Prices,
): Promise<Prices> {
  const line = progressLine("measuring this machine's prices (at most 3 s)");
  try {
    const { prices } = await calibrate({ quick: true, machine, signal, onProgress: line.update });
    return storePrices(rival === undefined ? prices : betterPrices(rival, prices), user).prices;
  } finally {
    line.end();
  }
}

/**
 * Stores prices; what a recorder costs that did not work this time is kept from the last time, as
 * long as the machine is the same. `path` is null when they could not be stored (it says so): for
 * one thing while we are traced, which makes every call of the measured processes many times dearer.
 */
export function storePrices(
  measured: Prices,
  user: InvokingUser | null,
): { readonly prices: Prices; readonly path: string | null } {
  return asUser(user, () => {
    const prices = withKnownRecorders(measured, loadPrices(measured.machine));
    if (prices.disturbedBy?.includes("traced") === true) {
      say("the prices are not stored: crossbill itself was traced while they were measured");
      return { prices, path: null };
    }
    try {
      return { prices, path: savePrices(prices) };
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
      return { prices, path: null };
    }
  });
}

/** A calibration without rights must not forget what one with them found out. */
export function withKnownRecorders(measured: Prices, lookup: PricesLookup): Prices {
  if (lookup.state !== "found") return measured;
  const known = lookup.prices.recorders;
  const { ebpfSampled, ebpfExact, ptrace } = measured.recorders;
  const isFilled = recorderModes.some(
    (mode) => measured.recorders[mode] === null && known[mode] !== null,
  );
  const { disturbedBy } = isFilled ? lookup.prices : {};
  return {
    ...measured,
    // What is taken from disturbed prices brings its doubt along.
    ...(disturbedBy === undefined
      ? {}
      : { disturbedBy: [...new Set([...disturbedBy, ...(measured.disturbedBy ?? [])])] }),
    recorders: {
      ebpfSampled: ebpfSampled ?? known.ebpfSampled,
      ebpfExact: ebpfExact ?? known.ebpfExact,
      ptrace: ptrace ?? known.ptrace,
    },
  };
}

function whyNot(lookup: Exclude<PricesLookup, { state: "found" }>): string {
  if (lookup.state === "missing") return "no prices of this machine are stored";
  return lookup.state === "mismatch"
    ? `the stored prices are another machine's (${lookup.differs.join("; ")})`
    : `the stored prices cannot be used (${lookup.path}: ${lookup.why})`;
}
