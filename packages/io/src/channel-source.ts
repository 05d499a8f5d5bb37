/** channel-source: what can be received from: messages one by one, in batches, at once or waited for. */
import { Inbox, type InboxOwner } from "./channel-inbox.ts";
import type { ChannelLink } from "./channel-link.ts";
import type { Patience } from "./channel-patience.ts";
import { prices } from "./prices.ts";

/** What goes for a single call. */
export interface WaitOptions {
  /** Ends the waiting with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How a channel moves messages and wakes its other end, and why. */
export interface ChannelExplanation {
  readonly mechanism: "ring";
  /** What an end does that finds nothing to do: look again for a while, then sleep until it is rung. */
  readonly wakeUp: "spin-then-bell" | "bell";
  /** How long it looks at most before it sleeps, in microseconds. */
  readonly spinUs: number;
  /** What it is reckoned to cost to send and receive a message of 64 bytes, in nanoseconds. */
  readonly estimatedNs: number;
  /** One sentence. */
  readonly why: string;
  /** How often this end has woken another one, and was woken, each by a system call. */
  readonly bellsRung: number;
  readonly bellsHeard: number;
}

/** Sending and receiving in JavaScript, without a copy: of the server of the default prices. */
const MESSAGE_NS = 150;

/** Something that messages come from. Each is valid until the next is asked for. */
export abstract class MessageSource implements AsyncIterable<Buffer> {
  protected readonly inbox: Inbox;
  protected readonly patience: Patience;
  /** The links whose wake-ups are counted. */
  protected readonly counted: Set<ChannelLink> = new Set();

  protected constructor(owner: InboxOwner) {
    this.inbox = new Inbox(owner);
    this.patience = owner.patience;
  }

  /**
   * The messages, one after the other, until the other end has ended. A message is a view of the
   * ring, valid until the next one is asked for; copy what must last. Leaving the loop closes nothing.
   *
   * @throws IoError ERR_PEER_DIED when the other end has gone without ending, after all it has sent.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer, undefined> {
    return this.inbox.messages();
  }

  /** The messages as by `for await (const message of this)`, with a signal that ends the waiting. */
  messages({ signal }: WaitOptions = {}): AsyncIterableIterator<Buffer, undefined> {
    return this.inbox.messages(signal);
  }

  /**
   * The messages in batches of what is there, never empty, which spares a promise for each. The
   * messages of a batch are valid until the next batch is asked for.
   */
  batches({ signal }: WaitOptions = {}): AsyncIterableIterator<readonly Buffer[], undefined> {
    return this.inbox.batches(signal);
  }

  /** Waits for one message; undefined when none will come. It is valid until the next is asked for. */
  async receive({ signal }: WaitOptions = {}): Promise<Buffer | undefined> {
    const { value } = await this.inbox.messages(signal).next();
    return value;
  }

  /** A message that is there already, or undefined. */
  tryReceive(): Buffer | undefined {
    return this.inbox.take();
  }

  /** How it moves messages and wakes its other end, and why. */
  explain(): ChannelExplanation {
    const { spinUs } = this.patience;
    const sum = (count: (link: ChannelLink) => number) =>
      [...this.counted].reduce((all, link) => all + count(link), 0);
    return {
      mechanism: "ring",
      wakeUp: spinUs > 0 ? "spin-then-bell" : "bell",
      spinUs,
      estimatedNs: Math.round(MESSAGE_NS + 2 * 64 * prices().byte),
      why:
        spinUs > 0
          ? "being woken costs more than a short look, so a message that comes soon wakes nobody"
          : "it sleeps at once: there is one processor, which the other end needs, or spinUs is 0",
      bellsRung: sum((link) => link.bellsRung),
      bellsHeard: sum((link) => link.bellsHeard),
    };
  }
}
