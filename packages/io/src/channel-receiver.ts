/** channel-receiver: many senders and one receiver: a ring for each of them, taken in turn. */
import { Channel } from "./channel.ts";
import type { ChannelLink } from "./channel-link.ts";
import { addressOf, Reception, visit, waitToRetry } from "./channel-meeting.ts";
import { type ChannelOptions, checkOptions, wholeNumber } from "./channel-options.ts";
import { Patience } from "./channel-patience.ts";
import { MessageSource } from "./channel-source.ts";
import { IoError } from "./errors.ts";
import { requireNative } from "./native.ts";

/** How to receive from many. */
export interface ReceiverOptions extends Omit<ChannelOptions, "ringBytes" | "signal"> {
  /** How many senders may be connected at a time; 64 by default, at most 1024. Others wait. */
  readonly senders?: number;
}

const DEFAULT_SENDERS = 64;
const MOST_SENDERS = 1024;

/**
 * Receives from all who call `channelSender` with its name. The messages of one sender come in
 * order, and the senders in turn. A sender that died is reported by ERR_PEER_DIED, after all it has
 * sent; the next loop goes on with the others. It ends when it is closed.
 */
export class ChannelReceiver extends MessageSource {
  readonly #reception: Reception;
  readonly #most: number;
  #isWaiting = false;

  /** For `channelReceiver`. */
  constructor(name: string, options: ReceiverOptions) {
    const { senders = DEFAULT_SENDERS } = options;
    const checked = checkOptions(options);
    const most = wholeNumber("senders", senders, 1, MOST_SENDERS);
    super({
      patience: new Patience(checked.spinUs),
      endsWithLinks: false,
      ref: () => this.#setWaiting(true),
      unref: () => this.#setWaiting(false),
      onLeft: (link) => this.#dismiss(link),
    });
    this.#most = most;
    const address = addressOf(name, "many");
    const reception = Reception.open(address, checked, () => this.#onKnock());
    if (reception === undefined)
      throw new IoError("EADDRINUSE", `EADDRINUSE: somebody receives on '${name}' already`);
    this.#reception = reception;
    reception.unref();
  }

  /** How many senders are connected. */
  get senders(): number {
    return this.inbox.links.length;
  }

  /** Lets nobody in any more, and closes all connections; views of messages become empty. */
  close(): void {
    this.#reception.close();
    for (const link of this.inbox.links) link.close();
    this.inbox.close();
  }

  /** As `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #onKnock(): void {
    try {
      this.#admit();
    } catch (error) {
      this.inbox.fail(error); // Such as that there is no descriptor left for the guest.
    }
  }

  #admit(): void {
    while (this.inbox.links.length < this.#most) {
      const link = this.#reception.admit();
      if (link === undefined) return;
      link.onWake = () => this.inbox.wake();
      this.counted.add(link);
      this.inbox.add(link);
    }
  }

  #dismiss(link: ChannelLink): void {
    link.close();
    this.counted.delete(link);
    this.#onKnock(); // Somebody may have waited for the place.
  }

  /** While it is waited for, its door keeps the event loop alive; that is enough. */
  #setWaiting(isWaiting: boolean): void {
    if (isWaiting === this.#isWaiting) return;
    this.#isWaiting = isWaiting;
    if (isWaiting) this.#reception.ref();
    else this.#reception.unref();
  }
}

/**
 * Takes a name to receive on, from processes and threads of this user. Close it to end.
 *
 * @throws IoError EADDRINUSE when somebody receives on it already, ERR_NO_NATIVE without the native
 * part.
 */
export function channelReceiver(name: string, options: ReceiverOptions = {}): ChannelReceiver {
  requireNative("a channel");
  return new ChannelReceiver(name, options);
}

/** Connects with who receives on a name: resolves when he is there, and has let us in. */
export async function channelSender(name: string, options: ChannelOptions = {}): Promise<Channel> {
  const checked = checkOptions(options);
  requireNative("a channel");
  const address = addressOf(name, "many");
  for (;;) {
    checked.signal?.throwIfAborted();
    const link = await visit(address, checked);
    if (link !== undefined) return new Channel(link, checked);
    await waitToRetry(checked.signal);
  }
}
