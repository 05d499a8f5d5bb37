/** channel-inbox: messages from one link or from many in turn: taken, waited for, iterated. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ChannelLink } from "./channel-link.ts";
import type { Patience } from "./channel-patience.ts";
import { IoError } from "./errors.ts";

/** The views of a batch: enough that what is paid for each batch is nothing beside them. */
const BATCH_MESSAGES = 1024;
/** Messages that are there already are given without a turn of the event loop for at most so long. */
const TURN_MS = 1;
/** The clock is looked at once for so many messages. */
const MESSAGES_PER_CLOCK = 64;

type Next<Item> = IteratorResult<Item, undefined>;
const done: Next<never> = { done: true, value: undefined };

/** What an inbox asks of its owner. */
export interface InboxOwner {
  readonly patience: Patience;
  /** Whether it is over when no link is left: not where new ones may come. */
  readonly endsWithLinks: boolean;
  /** The event loop must live while somebody waits. */
  readonly ref: () => void;
  readonly unref: () => void;
  /** A link is no longer part of it. */
  readonly onLeft: (link: ChannelLink) => void;
}

/** Messages, each valid until the next is asked for. */
export class Inbox {
  readonly #owner: InboxOwner;
  readonly #links: ChannelLink[] = [];
  #at = 0;
  #current: ChannelLink | undefined;
  #wake: () => void = () => {};
  #waiting: Promise<unknown> | undefined;
  #isClosed = false;
  /** What went wrong elsewhere, to be told to who receives next. */
  #failure: unknown;
  /** For how many messages the clock was not looked at, and when the event loop must have a turn. */
  #unclocked = 0;
  #turnEnd = 0;

  constructor(owner: InboxOwner) {
    this.#owner = owner;
  }

  get links(): readonly ChannelLink[] {
    return this.#links;
  }

  add(link: ChannelLink): void {
    this.#links.push(link);
    this.#wake();
  }

  /** Whoever waits looks again. */
  wake(): void {
    this.#wake();
  }

  /** Whoever receives next is told. */
  fail(failure: unknown): void {
    this.#failure = failure;
    this.#wake();
  }

  /** Nothing more is delivered. */
  close(): void {
    this.#isClosed = true;
    this.#current = undefined;
    this.#links.length = 0;
    this.#wake();
  }

  /** The next message that is there already. */
  take(): Buffer | undefined {
    const link = this.#current;
    if (link !== undefined && !link.isClosed) {
      link.reader.release();
      const message = this.#next(link);
      if (message !== undefined) return message;
      // Only now is all of it known to be read.
      link.reader.release();
    }
    return this.#takeFromOther();
  }

  /** From the link behind the last one: one with much to say does not keep others waiting. */
  #takeFromOther(): Buffer | undefined {
    const { length } = this.#links;
    for (let turn = 0; turn < length; turn++) {
      this.#at = this.#at + 1 < this.#links.length ? this.#at + 1 : 0;
      const link = this.#links[this.#at];
      if (link === undefined || !this.#look(link)) continue;
      this.#current = link;
      const message = this.#next(link);
      if (message !== undefined) return message;
      link.reader.release();
    }
    this.#current = undefined;
    return undefined;
  }

  /** All messages of one link that are there already, as far as a batch goes. */
  #takeBatch(): Buffer[] | undefined {
    const first = this.take();
    if (first === undefined) return undefined;
    const batch = [first];
    const link = this.#current;
    if (link === undefined) return batch;
    while (batch.length < BATCH_MESSAGES && !link.reader.isHoldingMuch) {
      const message = this.#next(link);
      if (message === undefined) break;
      batch.push(message);
    }
    return batch;
  }

  #look(link: ChannelLink): boolean {
    try {
      if (link.isClosed) throw link.farewell; // The sending half has met a broken rule.
      return link.reader.look();
    } catch (error) {
      throw this.#expel(link, error);
    }
  }

  #next(link: ChannelLink): Buffer | undefined {
    try {
      return link.reader.next();
    } catch (error) {
      throw this.#expel(link, error);
    }
  }

  /** A peer that does not keep to the rules: nothing of it is believed any more. */
  #expel(link: ChannelLink, error: unknown): unknown {
    if (error instanceof IoError) link.cut(error);
    this.#drop(link);
    return error;
  }

  #drop(link: ChannelLink): void {
    this.#links.splice(this.#links.indexOf(link), 1);
    if (this.#current === link) this.#current = undefined;
    this.#owner.onLeft(link);
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  /** Lets go of links that will bring nothing more. Throws when one has gone without a word. */
  #dismiss(): void {
    for (const link of [...this.#links]) {
      // In this order: what was written before it went is seen.
      const isEnded = !link.isClosed && link.reader.isEnded;
      if ((!isEnded && !link.isGone) || this.#look(link)) continue;
      this.#drop(link);
      if (!isEnded) throw link.farewell;
    }
  }

  #isOver(): boolean {
    return this.#isClosed || (this.#owner.endsWithLinks && this.#links.length === 0);
  }

  /** What is there at once: an item, the end, a failure; undefined: it must be waited for. */
  #outcome<Item>(take: () => Item | undefined): Next<Item> | undefined {
    if (this.#isClosed) return done;
    const value = take();
    if (value !== undefined) return { done: false, value };
    this.#throwFailure();
    this.#dismiss();
    return this.#isOver() ? done : undefined;
  }

  readonly #isReady = (): boolean => {
    for (const link of this.#links) if (link.isGone || this.#look(link)) return true;
    return false;
  };

  /** Says to all that we sleep. False: something has come meanwhile. */
  #fallAsleep(): boolean {
    for (const link of this.#links)
      if (link.isGone || link.reader.isEnded || !link.reader.sleep()) return false;
    return true;
  }

  #wakeUp(): void {
    for (const link of this.#links) if (!link.isClosed) link.reader.wakeUp();
  }

  /** What is there at once, or soon: looked for as long as that costs less than being woken. */
  #soon<Item>(take: () => Item | undefined): Next<Item> | undefined {
    return (
      this.#outcome(take) ??
      (this.#owner.patience.spin(this.#isReady) ? this.#outcome(take) : undefined)
    );
  }

  /** The next item, where there was none at once, or where others must have their turn first. */
  async #await<Item>(
    take: () => Item | undefined,
    isTurnOwed: boolean,
    signal?: AbortSignal,
  ): Promise<Next<Item>> {
    const onAbort = () => this.#wake();
    signal?.addEventListener("abort", onAbort);
    try {
      await (isTurnOwed ? nextTurn() : afterOthers());
      for (;;) {
        signal?.throwIfAborted();
        const outcome = this.#soon(take);
        if (outcome !== undefined) return outcome;
        await (this.#owesTurn(MESSAGES_PER_CLOCK) ? nextTurn() : this.#sleep());
      }
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  async #sleep(): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#owner.ref();
    try {
      if (this.#fallAsleep()) await woken;
      this.#turnEnd = performance.now() + TURN_MS;
    } finally {
      this.#wake = () => {};
      this.#wakeUp();
      this.#owner.unref();
    }
  }

  /** Whether others of this thread have waited for long, as nothing here had to wait. */
  #owesTurn(messages: number): boolean {
    this.#unclocked += messages;
    if (this.#unclocked < MESSAGES_PER_CLOCK) return false;
    this.#unclocked = 0;
    const now = performance.now();
    if (now < this.#turnEnd) return false;
    this.#turnEnd = now + TURN_MS;
    return true;
  }

  #nextOf<Item>(
    take: () => Item | undefined,
    messages: number,
    signal?: AbortSignal,
  ): Promise<Next<Item>> {
    // Asked again before the answer: in turn, as a generator would.
    if (this.#waiting !== undefined) {
      const again = () => this.#nextOf(take, messages, signal);
      return this.#waiting.then(again, again);
    }
    const isTurnOwed = this.#owesTurn(messages);
    try {
      signal?.throwIfAborted();
      const outcome = isTurnOwed ? undefined : this.#outcome(take);
      if (outcome !== undefined) return Promise.resolve(outcome);
    } catch (error) {
      return Promise.reject(error);
    }
    const waiting = this.#await(take, isTurnOwed, signal).finally(() => {
      this.#waiting = undefined;
    });
    this.#waiting = waiting;
    return waiting;
  }

  readonly #takeOne = () => this.take();
  readonly #takeMany = () => this.#takeBatch();

  /** The messages, one after the other. Leaving the loop closes nothing. */
  messages(signal?: AbortSignal): AsyncIterableIterator<Buffer, undefined> {
    return iterator(() => this.#nextOf(this.#takeOne, 1, signal));
  }

  /** The same, in batches that are valid until the next one is asked for. */
  batches(signal?: AbortSignal): AsyncIterableIterator<readonly Buffer[], undefined> {
    return iterator(() => this.#nextOf(this.#takeMany, MESSAGES_PER_CLOCK, signal));
  }

  /** Blocks the thread for the next message of the only link; undefined: there is none to come. */
  takeSync(timeoutMs: number): Buffer | undefined {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const outcome = this.#soon(this.#takeOne);
      if (outcome !== undefined) return outcome.value;
      const left = end - performance.now();
      if (left <= 0) throw timedOut("no message has come");
      if (this.#fallAsleep()) this.#links[0]?.sleep(left);
      this.#wakeUp();
    }
  }
}

/**
 * After all that is due in this thread already: who spins at once holds up the one here that has the
 * answer to send which the other end waits for.
 */
const afterOthers = () => new Promise<void>((resolve) => process.nextTick(resolve));

/** For both directions of a channel that somebody waits for with a limit. */
export function timedOut(what: string): IoError {
  return new IoError("ETIMEDOUT", `ETIMEDOUT: ${what} in time`);
}

function iterator<Item>(next: () => Promise<Next<Item>>): AsyncIterableIterator<Item, undefined> {
  const self: AsyncIterableIterator<Item, undefined> = {
    next,
    [Symbol.asyncIterator]: () => self,
  };
  return self;
}
