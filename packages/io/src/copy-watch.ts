/** copy-watch: tells how far a copy is, from the words that a thread of the pool writes to. */

/** How far a copy is. */
export interface CopyProgress {
  /** Bytes of the source that are copied or known to be a hole. */
  readonly bytes: number;
  /** All of them; null for what has no size, such as a pipe. */
  readonly total: number | null;
}

interface Watched {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CopyProgress) => void;
}

const PERIOD_MS = 100;

/** One copy under way: its caller is told of it, and can end it. */
export class CopyWatch {
  readonly #words: BigUint64Array;
  readonly #options: Watched;
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  #told = -1;

  /** `words` are the bytes done, and all of them, 0 while these are not known. */
  constructor(words: BigUint64Array, options: Watched) {
    this.#words = words;
    this.#options = options;
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (options.onProgress !== undefined)
      this.#timer = setInterval(() => this.#tellOrStop(), PERIOD_MS);
  }

  /** Aborted by the caller's signal, and by what the caller's `onProgress` throws. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Tells how far it is, if that is news. */
  tell(): void {
    const bytes = Number(Atomics.load(this.#words, 0));
    if (bytes === this.#told) return;
    this.#told = bytes;
    const total = Number(Atomics.load(this.#words, 1));
    this.#options.onProgress?.({ bytes, total: total === 0 ? null : total });
  }

  /** Due when the copy has ended, however it did. */
  end(): void {
    clearInterval(this.#timer);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = () => this.#stop.abort(this.#options.signal?.reason);

  #tellOrStop(): void {
    try {
      this.tell();
    } catch (error) {
      this.#stop.abort(error);
    }
  }
}
