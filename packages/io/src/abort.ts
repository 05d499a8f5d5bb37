/** abort: carries an AbortSignal to a thread of the pool, which looks at one word of memory. */
import { constants } from "node:os";

/** An operation's link to its signal. */
export interface AbortLink {
  /** The word that the native part looks at; undefined without a signal. */
  readonly word: Int32Array | undefined;
  /** Takes the listener away; due when the operation has ended. */
  readonly unlink: () => void;
}

const unlinked: AbortLink = { word: undefined, unlink: () => {} };

/** Throws the signal's reason when it is aborted already; else links the signal to a word. */
export function linkAbort(signal: AbortSignal | undefined): AbortLink {
  if (signal === undefined) return unlinked;
  signal.throwIfAborted();
  const word = new Int32Array(new ArrayBuffer(4));
  const onAbort = () => Atomics.store(word, 0, 1);
  signal.addEventListener("abort", onAbort, { once: true });
  return { word, unlink: () => signal.removeEventListener("abort", onAbort) };
}

/** Awaits a native operation; when it ended because of the signal, throws the signal's reason. */
export async function abortable<Result>(
  signal: AbortSignal | undefined,
  operation: (word: Int32Array | undefined) => Promise<Result>,
): Promise<Result> {
  const { word, unlink } = linkAbort(signal);
  try {
    return await operation(word);
  } catch (error) {
    if (signal?.aborted === true && isCancelled(error)) throw signal.reason;
    throw error;
  } finally {
    unlink();
  }
}

function isCancelled(error: unknown): boolean {
  return error instanceof Error && "errno" in error && error.errno === -constants.errno.ECANCELED;
}
