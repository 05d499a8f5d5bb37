/** channel: messages between two processes, or threads, through memory that both map. */
import { ChannelLink, closeSocket } from "./channel-link.ts";
import { addressOf, Reception, visit, waitToRetry } from "./channel-meeting.ts";
import {
  type ChannelOptions,
  type CheckedOptions,
  checkOptions,
  timeoutOf,
} from "./channel-options.ts";
import { Outbox } from "./channel-outbox.ts";
import { Patience } from "./channel-patience.ts";
import { MessageSource, type WaitOptions } from "./channel-source.ts";
import { asIoError, IoError } from "./errors.ts";
import { requireNative } from "./native.ts";

declare module "./native.ts" {
  interface NativeFunctions {
    channelPair(): readonly [number, number];
  }
}

/** How long a synchronous call may block its thread. */
export interface BlockOptions {
  /** Milliseconds; then the call fails with ETIMEDOUT. For ever by default. */
  readonly timeoutMs?: number;
}

/**
 * One end of a channel. It keeps the event loop alive only while somebody waits for a message, or a
 * message for room. Close it: a process that ends without `end` or `close` has died, to the other.
 */
export class Channel extends MessageSource {
  readonly #link: ChannelLink;
  readonly #outbox: Outbox;

  /** For `channel` and `channelPair`. */
  constructor(link: ChannelLink, { maxMessageBytes, spinUs }: CheckedOptions) {
    super({
      patience: new Patience(spinUs),
      endsWithLinks: true,
      ref: () => link.ref(),
      unref: () => link.unref(),
      onLeft: () => this.#letGo(),
    });
    this.#link = link;
    this.#outbox = new Outbox(link, {
      patience: new Patience(spinUs),
      mostMessageBytes: maxMessageBytes,
    });
    link.onWake = () => this.#onWake();
    this.counted.add(link);
    this.inbox.add(link);
  }

  /**
   * Sends a message, which is copied into the ring. Returns a promise only when there is no room for
   * it yet: until that is settled the bytes must stay as they are. `await channel.send(bytes)` is
   * right in both cases.
   *
   * @throws IoError ERR_PEER_DIED, ERR_PEER_CLOSED, ERR_CLOSED, ERR_MESSAGE_TOO_LARGE; by the
   * promise when it had to wait. An aborted message is not delivered.
   */
  send(message: Uint8Array, { signal }: WaitOptions = {}): Promise<void> | undefined {
    return this.#outbox.send(message, signal);
  }

  /** Sends when there is room, and returns whether it did. For messages of up to half of the ring. */
  trySend(message: Uint8Array): boolean {
    return this.#outbox.trySend(message);
  }

  /** As `send`, blocking the thread while there is no room. */
  sendSync(message: Uint8Array, options: BlockOptions = {}): void {
    this.#outbox.sendSync(message, timeoutOf(options));
  }

  /** As `receive`, blocking the thread while there is no message. */
  receiveSync(options: BlockOptions = {}): Buffer | undefined {
    return this.inbox.takeSync(timeoutOf(options));
  }

  /** Sends nothing more; resolves when all that was sent is in the ring. Receiving goes on. */
  end(): Promise<void> {
    return this.#outbox.end();
  }

  /**
   * Closes both directions at once. What is in the ring can still be received at the other end; what
   * waits for room fails with ERR_CLOSED; views of messages received become empty.
   */
  close(): void {
    this.#link.close();
    this.inbox.close();
  }

  /** As `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Ends, so that all that was sent is in the ring, then closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.end();
    } finally {
      this.close();
    }
  }

  #onWake(): void {
    this.#outbox.pump();
    this.inbox.wake();
    if (this.inbox.links.length === 0) this.#letGo();
  }

  /** All was received: when the peer has gone too, the memory serves nobody any more. */
  #letGo(): void {
    if (this.#link.isGone) this.#link.cut(this.#link.farewell);
  }
}

/**
 * Connects with the other end, which calls the same. By a name: resolves when both are there. The
 * name belongs to this user and network namespace, is 1 to 64 letters, digits, ".", "_" or "-",
 * and is free again as soon as the two have met. By a descriptor: that of `channelPair`, inherited
 * from the process or thread that called it.
 *
 * @throws IoError ERR_NO_NATIVE without the native part, EACCES when another user holds the name.
 */
export async function channel(
  where: string | number,
  options: ChannelOptions = {},
): Promise<Channel> {
  const checked = checkOptions(options);
  checked.signal?.throwIfAborted();
  requireNative("a channel");
  if (typeof where === "number") return inherited(where, checked);
  const address = addressOf(where, "pair");
  for (;;) {
    const link = (await waitForGuest(address, checked)) ?? (await visit(address, checked));
    if (link !== undefined) return new Channel(link, checked);
    await waitToRetry(checked.signal);
  }
}

function inherited(fd: number, checked: CheckedOptions): Channel {
  try {
    const memory = requireNative("a channel").channelTake(fd);
    return new Channel(new ChannelLink(fd, memory, "taken", checked.maxMessageBytes), checked);
  } catch (error) {
    const known = asIoError(error, { path: `descriptor ${fd}` });
    if (!(known instanceof IoError) || !notAnEnd.has(known.code)) throw known;
    const text = `${known.code}: descriptor ${fd} is no end of a channel, or was used already`;
    throw new IoError(known.code, text, { cause: error });
  }
}

/** What a descriptor says that nobody passed memory over. */
const notAnEnd = new Set(["EPROTO", "EAGAIN", "EBADF", "ENOTSOCK", "ERR_PEER_DIED"]);

/** Holds the name until one guest has come; undefined when another holds it. */
async function waitForGuest(
  address: string,
  checked: CheckedOptions,
): Promise<ChannelLink | undefined> {
  let onKnock = () => {};
  const reception = Reception.open(address, checked, () => onKnock());
  if (reception === undefined) return undefined;
  const { signal } = checked;
  let onAbort = () => {};
  try {
    return await new Promise<ChannelLink>((resolve, reject) => {
      onAbort = () => reject(signal?.reason);
      signal?.addEventListener("abort", onAbort);
      onKnock = () => {
        try {
          const guest = reception.admit();
          if (guest === undefined) return;
          reception.close(); // Before the next can come in.
          resolve(guest);
        } catch (error) {
          reject(error);
        }
      };
    });
  } finally {
    signal?.removeEventListener("abort", onAbort);
    reception.close();
  }
}

/** The other end of a channel, on its way to another process or thread. */
export class ChannelEnd {
  readonly #fd: number;
  #isOurs = true;

  /** For `channelPair`. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Its descriptor, to be inherited: `spawn(..., { stdio: [0, 1, 2, end.fd] })` makes it 3 there. */
  get fd(): number {
    if (this.#isOurs) return this.#fd;
    throw new IoError("ERR_CLOSED", "ERR_CLOSED: the end of the channel is given away");
  }

  /** Gives the descriptor away, such as to a worker, which calls `channel(descriptor)`. */
  give(): number {
    const { fd } = this;
    this.#isOurs = false;
    return fd;
  }

  /** Closes it here: due once a child has inherited it, or its death would not be seen. */
  close(): void {
    if (this.#isOurs) closeSocket(this.give());
  }

  /** As `close`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** A channel without a name: our end, and the other for a child process or a worker. */
export function channelPair(options: ChannelOptions = {}): [Channel, ChannelEnd] {
  const checked = checkOptions(options);
  const part = requireNative("a channel");
  try {
    const [ours, theirs] = part.channelPair();
    try {
      const memory = part.channelOffer(ours, checked.ringBytes);
      const link = new ChannelLink(ours, memory, "offered", checked.maxMessageBytes);
      return [new Channel(link, checked), new ChannelEnd(theirs)];
    } catch (error) {
      closeSocket(ours);
      closeSocket(theirs);
      throw error;
    }
  } catch (error) {
    throw asIoError(error);
  }
}
