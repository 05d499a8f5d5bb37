/** channel-outbox: messages to the other end: put into the ring, or kept in turn until there is room. */
import { timedOut } from "./channel-inbox.ts";
import type { ChannelLink } from "./channel-link.ts";
import type { Patience } from "./channel-patience.ts";
import { IoError } from "./errors.ts";

/** A message that waits for room, whole or in pieces of which some are sent. */
interface Waiting {
  message: Uint8Array;
  sent: number;
  /** Not wanted any more: the reader forgets the pieces that it has. */
  isGivenUp: boolean;
  settle: (failure?: unknown) => void;
}

/** What an outbox asks of its owner. */
export interface OutboxOwner {
  readonly patience: Patience;
  readonly mostMessageBytes: number;
}

/** The sending half of a link. Messages arrive in the order in which they were sent. */
export class Outbox {
  readonly #link: ChannelLink;
  readonly #owner: OutboxOwner;
  readonly #waiting: Waiting[] = [];
  /** Set when nothing more is to be sent, and how to say that all of it was. */
  #ended: Promise<void> | undefined;
  #settleEnd: ((failure?: IoError) => void) | undefined;

  constructor(link: ChannelLink, owner: OutboxOwner) {
    this.#link = link;
    this.#owner = owner;
  }

  /** Sends at once when there is room, and returns whether it did. */
  trySend(message: Uint8Array): boolean {
    this.#check(message);
    const { mostWhole } = this.#link.writer;
    if (message.length > mostWhole)
      throw tooLarge(message, mostWhole, "half of the ring, more needs send() or sendSync()");
    return this.#sendNow(message);
  }

  #sendNow(message: Uint8Array): boolean {
    if (this.#waiting.length > 0) return false;
    const { writer } = this.#link;
    try {
      return message.length <= writer.mostWhole && writer.put(message, 0);
    } catch (error) {
      this.#distrust(error);
      throw error;
    }
  }

  /** A peer that does not keep to the rules: nothing more is sent to it. */
  #distrust(error: unknown): void {
    if (!(error instanceof IoError)) throw error;
    this.#link.cut(error);
  }

  /** Sends; a promise only when it must wait for room. */
  send(message: Uint8Array, signal?: AbortSignal): Promise<void> | undefined {
    signal?.throwIfAborted();
    this.#check(message);
    if (this.#sendNow(message)) return undefined;
    return new Promise<void>((resolve, reject) => {
      const onAbort = () => this.#giveUp(waiting, signal?.reason);
      const waiting = newWaiting(message, (failure) => {
        signal?.removeEventListener("abort", onAbort);
        this.#link.unref();
        if (failure === undefined) resolve();
        else reject(failure);
      });
      this.#link.ref();
      signal?.addEventListener("abort", onAbort);
      this.#waiting.push(waiting);
      this.pump();
    });
  }

  /** Blocks the thread until the message is in the ring. */
  sendSync(message: Uint8Array, timeoutMs: number): void {
    this.#check(message);
    if (this.#sendNow(message)) return;
    const end = performance.now() + timeoutMs;
    const outcome: { isSettled: boolean; failure?: unknown } = { isSettled: false };
    const waiting = newWaiting(message, (failure) => {
      Object.assign(outcome, { isSettled: true, failure });
    });
    this.#waiting.push(waiting);
    this.pump();
    while (!outcome.isSettled) {
      if (this.#owner.patience.spin(() => this.#link.isGone || this.#link.writer.hasNews)) {
        this.pump();
        continue;
      }
      const left = end - performance.now();
      if (left <= 0) this.#giveUp(waiting, timedOut("there was no room"));
      else this.#link.sleep(left);
    }
    if (outcome.failure !== undefined) throw outcome.failure;
  }

  /** Sends nothing more; resolves when all that waits is in the ring. */
  end(): Promise<void> {
    this.#ended ??= new Promise<void>((resolve, reject) => {
      this.#settleEnd = (failure) => (failure === undefined ? resolve() : reject(failure));
      this.pump();
    });
    return this.#ended;
  }

  /** Goes on with what waits, as far as there is room; then says that we sleep until there is more. */
  pump(): void {
    if (this.#waiting.length === 0 && this.#settleEnd === undefined) return;
    if (this.#waiting.length > 0 && this.#link.isGone) return this.fail(this.#link.farewell);
    try {
      if (!this.#sendWaiting()) return;
    } catch (error) {
      return this.#distrust(error);
    }
    if (this.#settleEnd === undefined) return;
    if (!this.#link.isGone) this.#link.writer.end();
    this.#settleEnd();
    this.#settleEnd = undefined;
  }

  /** Returns whether nothing is left that waits. */
  #sendWaiting(): boolean {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0])
      if (this.#put(first)) {
        this.#waiting.shift();
        first.settle();
      } else if (this.#link.writer.sleep(this.#nextBytes(first))) {
        return false;
      }
    return true;
  }

  /** Nothing of what waits will be sent. */
  fail(reason: IoError): void {
    for (const waiting of this.#waiting.splice(0)) waiting.settle(reason);
    this.#settleEnd?.(reason);
    this.#settleEnd = undefined;
  }

  /** How much of a message goes in next. */
  #nextBytes({ message, sent, isGivenUp }: Waiting): number {
    const { mostWhole, pieceBytes } = this.#link.writer;
    if (isGivenUp) return 0;
    return message.length <= mostWhole
      ? message.length
      : Math.min(pieceBytes, message.length - sent);
  }

  /** Puts what is left of a message. False: not all of it had room. */
  #put(waiting: Waiting): boolean {
    const { writer } = this.#link;
    const { message } = waiting;
    if (waiting.isGivenUp) return writer.giveUp();
    do {
      const end = waiting.sent + this.#nextBytes(waiting);
      if (!writer.put(message.subarray(waiting.sent, end), message.length - end)) return false;
      waiting.sent = end;
    } while (waiting.sent < message.length);
    return true;
  }

  /** The message is not wanted any more. Pieces of it that are sent already are followed by a mark. */
  #giveUp(waiting: Waiting, reason: unknown): void {
    waiting.settle(reason);
    if (waiting.sent === 0) this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    else Object.assign(waiting, { isGivenUp: true, message: nothing, settle: () => {} });
    this.pump();
  }

  #check(message: Uint8Array): void {
    if (!(message instanceof Uint8Array))
      throw new TypeError("a message must be a Buffer or a Uint8Array");
    if (this.#link.isGone) throw this.#link.farewell;
    if (this.#ended !== undefined)
      throw new IoError("ERR_CLOSED", "ERR_CLOSED: nothing can be sent after end()");
    const { mostMessageBytes } = this.#owner;
    if (message.length > mostMessageBytes)
      throw tooLarge(message, mostMessageBytes, "maxMessageBytes");
  }
}

const nothing = new Uint8Array(0);

const newWaiting = (message: Uint8Array, settle: Waiting["settle"]): Waiting => ({
  message,
  sent: 0,
  isGivenUp: false,
  settle,
});

function tooLarge({ length }: Uint8Array, most: number, which: string): IoError {
  return new IoError(
    "ERR_MESSAGE_TOO_LARGE",
    `ERR_MESSAGE_TOO_LARGE: a message of ${length} bytes, and at most ${most} are allowed (${which})`,
  );
}
