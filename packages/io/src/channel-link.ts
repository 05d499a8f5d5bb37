/** channel-link: the connection of two ends: their rings, and the socket that wakes one and tells of its death. */
import { Socket } from "node:net";
import { ringsOf, type Side } from "./channel-memory.ts";
import { RingReader, RingWriter } from "./channel-ring.ts";
import { IoError } from "./errors.ts";
import { requireNative } from "./native.ts";

declare module "./native.ts" {
  interface NativeFunctions {
    channelOffer(socket: number, ringBytes: number): ArrayBuffer;
    channelTake(socket: number): ArrayBuffer;
    channelRing(socket: number): void;
    channelSleep(socket: number, milliseconds: number): boolean;
  }
}

/** The kernel's buffer for wake-ups that nobody has heard yet is read this much at once. */
const BELL_BYTES = 64;
/** The longest that poll(2) can be told. */
const MOST_SLEEP_MS = 2 ** 31 - 1;
const WHAT = "a channel";

/** Closes a socket that is no link's. In a worker fs.closeSync would warn of what fs did not open. */
export function closeSocket(fd: number): void {
  new Socket({ fd, readable: false, writable: false }).destroy();
}

/** One end of a connection. Who finds the other asleep rings by the socket, which the kernel closes at a death. */
export class ChannelLink {
  readonly writer: RingWriter;
  readonly reader: RingReader;
  readonly #memory: ArrayBuffer;
  readonly #socket: Socket;
  readonly #fd: number;
  #onWake: () => void = () => {};
  #isGone = false;
  #isClosed = false;
  #reason: IoError | undefined;
  #refs = 0;
  /** Wake-ups given and got, for those who ask what they cost. */
  bellsRung = 0;
  bellsHeard = 0;

  /** Owns the socket and the memory from here on. */
  constructor(fd: number, memory: ArrayBuffer, side: Side, mostMessageBytes: number) {
    const { outgoing, incoming } = ringsOf(memory, side);
    const ring = () => this.#ring();
    this.#fd = fd;
    this.#memory = memory;
    this.writer = new RingWriter(outgoing, ring);
    this.reader = new RingReader(incoming, mostMessageBytes, ring);
    this.#socket = this.#listen(fd);
  }

  #listen(fd: number): Socket {
    const onread = {
      buffer: Buffer.allocUnsafeSlow(BELL_BYTES),
      callback: () => {
        this.bellsHeard++;
        this.#onWake();
        return true;
      },
    };
    // The types leave out `onread`, which the constructor takes as `connect` does.
    const options = { fd, readable: true, writable: true, onread };
    const socket = new Socket(options);
    const onEnd = () => this.#end();
    socket.on("end", onEnd).on("close", onEnd).on("error", onEnd).unref();
    return socket;
  }

  /** Who is told when the peer wakes us or has gone. */
  set onWake(listener: () => void) {
    this.#onWake = listener;
  }

  /** The peer's process has ended, or has closed its end. What it wrote before can still be read. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Our end is closed: its memory must not be touched any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Why the peer is no longer there: it said goodbye, or it did not. */
  get farewell(): IoError {
    if (this.#reason !== undefined) return this.#reason;
    if (this.writer.isLeft)
      return new IoError("ERR_PEER_CLOSED", "ERR_PEER_CLOSED: the other end is closed");
    return new IoError("ERR_PEER_DIED", "ERR_PEER_DIED: the process at the other end has ended");
  }

  /** Keeps the event loop alive, once for each call. */
  ref(): void {
    if (this.#refs++ === 0) this.#socket.ref();
  }

  unref(): void {
    if (--this.#refs === 0) this.#socket.unref();
  }

  /** Blocks the thread until the peer wakes us or goes, or for so many milliseconds. */
  sleep(milliseconds: number): void {
    const most = Math.min(Math.ceil(milliseconds), MOST_SLEEP_MS);
    if (!requireNative(WHAT).channelSleep(this.#fd, most)) this.#end();
    else this.#onWake();
  }

  /** Wakes the peer, whether it sleeps or not. */
  greet(): void {
    this.#ring();
  }

  /** Says goodbye. What was written can still be read by the peer; our own views become empty. */
  close(): void {
    if (this.#isClosed) return;
    this.writer.end();
    this.reader.leave();
    this.cut(new IoError("ERR_CLOSED", "ERR_CLOSED: the channel is closed"));
  }

  /** Goes without a word, as from a peer that has gone or does not keep to the rules. */
  cut(reason: IoError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isGone = true;
    this.#reason = reason;
    this.#socket.destroy();
    requireNative(WHAT).detachMemory(this.#memory);
    this.#onWake();
  }

  #ring(): void {
    if (this.#isGone) return;
    this.bellsRung++;
    requireNative(WHAT).channelRing(this.#fd);
  }

  #end(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#socket.destroy();
    this.#onWake();
  }
}
