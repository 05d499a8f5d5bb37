/** Interruption: work that a signal ends early, and which signal that was. */
import { onSignals } from "./signals.ts";

export interface Interruptible<T> {
  readonly value: T;
  /** The signal that came first; null when none did. */
  readonly signal: string | null;
}

/** Does `work`, which ends early when its signal is aborted; a signal to us does that. */
export async function untilSignal<T>(
  work: (abort: AbortSignal) => Promise<T>,
): Promise<Interruptible<T>> {
  const abort = new AbortController();
  let by: string | null = null;
  const release = onSignals((name) => {
    by ??= name;
    abort.abort();
  });
  try {
    const value = await work(abort.signal);
    return { value, signal: by };
  } finally {
    release();
  }
}
