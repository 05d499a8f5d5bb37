/** The clock of a log: what its times come to, which never go back. */
import { secondsToNs } from "./strace-call.ts";

/** What recordings can hold, 104 days. */
const LONGEST_NS = Number.MAX_SAFE_INTEGER;
const DAY_NS = 86_400e9;
/** Smaller numbers are no time of day since 1970 but the time since the line before (strace -r). */
const LEAST_EPOCH_SECONDS = 1e8;

export class LogClock {
  #base: number | null = null;
  #startNs: number | null = null;
  #nowNs = 0;
  #dayNs = 0;
  #lastOfDayNs = 0;
  /** Seconds since 1970 of the first time; null when the log does not say. */
  firstSeconds: number | null = null;

  /** ns since the first time of the log; null before it. */
  get now(): number | null {
    return this.#base === null ? null : this.#nowNs;
  }

  /** How far the log reaches; 0 when it has no times. */
  get elapsedNs(): number {
    return this.#nowNs;
  }

  /** Takes seconds since 1970 or since the line before (-ttt, -r), or a time of day (-t, -tt). */
  read(seconds: string | undefined, ofDay: string | undefined): void {
    if (seconds !== undefined) this.#readSeconds(seconds);
    else if (ofDay !== undefined) this.#readOfDay(ofDay);
  }

  #readSeconds(seconds: string): void {
    const whole = Number(seconds.split(".")[0]);
    if (whole < LEAST_EPOCH_SECONDS) {
      if (this.#base === null) this.#base = 0;
      else this.#nowNs = Math.min(this.#nowNs + secondsToNs(seconds), LONGEST_NS);
      return;
    }
    this.firstSeconds ??= Number(seconds);
    const base = (this.#base ??= whole);
    const fraction = secondsToNs(`0.${seconds.split(".")[1] ?? ""}`);
    this.#advance((whole - base) * 1e9 + fraction);
  }

  #readOfDay(text: string): void {
    const [hours = 0, minutes = 0, seconds = "0"] = text.split(":");
    const ns = (Number(hours) * 3600 + Number(minutes) * 60) * 1e9 + secondsToNs(seconds);
    // Back by half a day or more: midnight has passed.
    if (ns + DAY_NS / 2 < this.#lastOfDayNs) this.#dayNs += DAY_NS;
    this.#lastOfDayNs = ns;
    this.#advance(ns + this.#dayNs);
  }

  #advance(ns: number): void {
    this.#base ??= 0;
    const start = (this.#startNs ??= ns);
    this.#nowNs = Math.max(this.#nowNs, Math.min(ns - start, LONGEST_NS));
  }
}
