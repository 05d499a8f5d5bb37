/** channel-patience: how long to look again before going to sleep, learnt from what it brought. */
import { availableParallelism } from "node:os";

/**
 * About what falling asleep and being woken costs: who spins as long as that never pays more than
 * twice the best (Karlin et al., "Competitive snoopy caching", 1988).
 */
export const DEFAULT_SPIN_US = 50;
/** The clock is looked at once for so many looks at the ring, which take some 5 ns each. */
const LOOKS_PER_CLOCK = 32;
/** After a vain wait the next 1, 3, 7, 15 are spared: vain spinning then costs a few percent. */
const MOST_SPARED = 15;

/** Spins where that has paid off of late. */
export class Patience {
  readonly spinUs: number;
  #spared = 0;
  #toSpare = 0;

  /** With one processor, the other end cannot run while we look. */
  constructor(spinUs: number | undefined) {
    this.spinUs = spinUs ?? (availableParallelism() > 1 ? DEFAULT_SPIN_US : 0);
  }

  /** Looks again and again for a while. Returns whether it became true. */
  spin(isReady: () => boolean): boolean {
    if (this.spinUs === 0) return isReady();
    if (this.#toSpare > 0) {
      this.#toSpare--;
      return isReady();
    }
    const end = performance.now() + this.spinUs / 1000;
    do {
      for (let look = 0; look < LOOKS_PER_CLOCK; look++)
        if (isReady()) {
          this.#spared = 0;
          return true;
        }
    } while (performance.now() < end);
    this.#spared = Math.min(2 * this.#spared + 1, MOST_SPARED);
    this.#toSpare = this.#spared;
    return false;
  }
}
