/** channel-options: how a channel is made, checked once. */
import { MOST_RING_BYTES } from "./channel-memory.ts";

/** How to make a channel. Both ends should be told the same. */
export interface ChannelOptions {
  /**
   * The memory for messages under way, for each direction that is used; 4 MiB by default, at most
   * 16 MiB. It becomes a power of two of at least a page. Messages of more than half of it are sent
   * in pieces, and joined by the receiver in memory of its own.
   */
  readonly ringBytes?: number;
  /** The longest message to send or to receive, in bytes; 64 MiB by default, at most 1 GiB. */
  readonly maxMessageBytes?: number;
  /**
   * How long an end that finds nothing to do looks again before it sleeps, in microseconds, which
   * blocks its event loop; 50 by default, 0 where there is one processor, at most 1000. It is spared
   * where it has been in vain.
   */
  readonly spinUs?: number;
  /** Ends the waiting for the other end with the signal's reason. */
  readonly signal?: AbortSignal;
}

const DEFAULT_RING_BYTES = 4 * 1024 * 1024;
const DEFAULT_MESSAGE_BYTES = 64 * 1024 * 1024;
const MOST_MESSAGE_BYTES = 2 ** 30;
const MOST_SPIN_US = 1000;

/** The same, each of them checked. */
export interface CheckedOptions {
  readonly ringBytes: number;
  readonly maxMessageBytes: number;
  readonly spinUs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A whole number within its bounds, or a RangeError that names it. */
export function wholeNumber(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`${name} must be a whole number from ${least} to ${most}`);
}

/** The options with their defaults. Throws a RangeError for what cannot be. */
export function checkOptions(options: ChannelOptions): CheckedOptions {
  const { ringBytes = DEFAULT_RING_BYTES, maxMessageBytes = DEFAULT_MESSAGE_BYTES } = options;
  const { spinUs, signal } = options;
  return {
    ringBytes: wholeNumber("ringBytes", ringBytes, 1, MOST_RING_BYTES),
    maxMessageBytes: wholeNumber("maxMessageBytes", maxMessageBytes, 1, MOST_MESSAGE_BYTES),
    spinUs: spinUs === undefined ? undefined : wholeNumber("spinUs", spinUs, 0, MOST_SPIN_US),
    signal,
  };
}

/** How long a synchronous call may block, in milliseconds; for ever by default. */
export function timeoutOf({
  timeoutMs = Number.POSITIVE_INFINITY,
}: {
  timeoutMs?: number;
}): number {
  if (typeof timeoutMs === "number" && timeoutMs >= 0) return timeoutMs;
  throw new RangeError("timeoutMs must be a number of at least 0");
}
