/** This machine's prices for a bill: the stored ones while they hold, else measured on the spot. */
import { type Machine, type Prices, UsageError } from "@crossbill/core";
import {
  calibrate,
  loadPrices,
  type PricesLookup,
  pricesStillMatch,
  savePrices,
} from "@crossbill/lab";
import { asUser, type InvokingUser } from "./privilege.ts";
import { progressLine } from "./progress-line.ts";
import { say } from "./terminal.ts";

export interface PricesRequest {
  readonly machine: Machine;
  readonly user: InvokingUser | null;
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
  const { machine, user, mayCalibrate, signal } = request;
  const lookup = asUser(user, () => loadPrices(machine));
  const reason = lookup.state === "found" ? null : whyNot(lookup);
  if (lookup.state === "found" && !mayCalibrate) return lookup.prices;
  if (lookup.state === "found") {
    const check = await pricesStillMatch(lookup.prices, signal);
    if (check.matches) return lookup.prices;
    const { low, high } = check.stored;
    say(
      `a null system call takes ${check.nowNs.toFixed(0)} ns now, ` +
        `the stored price is ${low.toFixed(0)} to ${high.toFixed(0)} ns: measuring again`,
    );
  }
  if (!mayCalibrate) {
    throw new UsageError(`--no-calibrate, but ${reason}`, {
      remedy: "run `crossbill calibrate` once",
    });
  }
  if (reason !== null && lookup.state !== "missing") say(`${reason}: measuring again`);
  return measureQuickly(request);
}

async function measureQuickly({ machine, user, signal }: PricesRequest): Promise<Prices> {
  const line = progressLine("measuring this machine's prices (first use, at most 3 s)");
  try {
    const { prices } = await calibrate({
      quick: true,
      machine,
      signal,
      onProgress: line.update,
    });
    store(prices, user);
    return prices;
  } finally {
    line.end();
  }
}

/** Prices that cannot be stored still serve this bill. */
function store(prices: Prices, user: InvokingUser | null): void {
  try {
    asUser(user, () => savePrices(prices));
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}; they are measured each time`);
  }
}

function whyNot(lookup: Exclude<PricesLookup, { state: "found" }>): string {
  if (lookup.state === "missing") return "no prices of this machine are stored";
  return lookup.state === "mismatch"
    ? `the stored prices are another machine's (${lookup.differs.join("; ")})`
    : `the stored prices cannot be used (${lookup.path}: ${lookup.why})`;
}
