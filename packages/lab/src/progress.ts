/** progress: how much of a plan is done, and how long the rest will take. */

export interface Progress {
  /** 0 to 1; reaches 1 only at the end. */
  readonly share: number;
  readonly secondsLeft: number;
  /** What is being measured now. */
  readonly doing: string;
}

/** Turns finished work into shares; `totalMs` is the plan's own estimate. */
export class ProgressMeter {
  readonly #totalMs: number;
  readonly #report: (progress: Progress) => void;
  readonly #now: () => number;
  readonly #start: number;
  #doneMs = 0;

  constructor(totalMs: number, report: (progress: Progress) => void, now: () => number) {
    this.#totalMs = Math.max(1, totalMs);
    this.#report = report;
    this.#now = now;
    this.#start = now();
  }

  /** Says what begins now. */
  begin(doing: string): void {
    const share = Math.min(0.99, this.#doneMs / this.#totalMs);
    const elapsedMs = this.#now() - this.#start;
    // Before a tenth is done the plan knows better than the clock.
    const wholeMs = share < 0.1 ? this.#totalMs : elapsedMs / share;
    this.#report({ share, secondsLeft: (wholeMs * (1 - share)) / 1000, doing });
  }

  /** Work that was expected to take `ms` is done. */
  done(ms: number): void {
    this.#doneMs += ms;
  }

  end(): void {
    this.#report({ share: 1, secondsLeft: 0, doing: "done" });
  }
}
