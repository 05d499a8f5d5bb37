/** channel-port: values over a channel, by structured clone, as a MessagePort sends them. */
import { EventEmitter } from "node:events";
import { deserialize, serialize } from "node:v8";
import type { Channel } from "./channel.ts";

/** What a port emits. */
export interface PortEvents {
  /** A value has come. */
  message: [value: unknown];
  /** A message has come that is no value. */
  messageerror: [error: Error];
  /** The other end has gone without a word, or has broken the rules. */
  error: [error: Error];
  /** Nothing more will come. */
  close: [];
  /** Of every EventEmitter, before a listener is added. */
  newListener: [event: string | symbol, listener: (...values: unknown[]) => void];
}

/**
 * Values instead of bytes, as by `MessagePort`: what `v8.serialize` can write, so no transfer of
 * ports and memory. Takes the channel over. Receives from the first listener to "message" on, and
 * keeps the event loop alive from there until it is closed.
 */
export class ChannelPort extends EventEmitter<PortEvents> {
  readonly #channel: Channel;
  #isStarted = false;

  constructor(channel: Channel) {
    super();
    this.#channel = channel;
    this.on("newListener", (event) => {
      if (event === "message") this.start();
    });
  }

  /**
   * Sends a value. As `Channel.send`, a promise only when it must wait for room; the value may be
   * changed at once.
   *
   * @throws Error a DataCloneError for what cannot be cloned, such as a function.
   */
  postMessage(value: unknown): Promise<void> | undefined {
    return this.#channel.send(serialize(value));
  }

  /** Receives from now on, whether somebody listens or not. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    // In a turn of its own, as the listener is not there yet when it is announced.
    setImmediate(() => void this.#receive());
  }

  /** Closes the channel when all that was posted is on its way. */
  async close(): Promise<void> {
    await this.#channel[Symbol.asyncDispose]();
    if (!this.#isStarted) this.emit("close");
  }

  /** As `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #receive(): Promise<void> {
    try {
      for await (const message of this.#channel) this.#deliver(message);
      this.#channel.close();
    } catch (error) {
      this.#channel.close();
      this.emit("error", error instanceof Error ? error : new Error(String(error)));
    }
    this.emit("close");
  }

  #deliver(message: Buffer): void {
    let value: unknown;
    try {
      // Values may keep the bytes they were read from, which here are the ring's.
      value = deserialize(Buffer.from(message));
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error));
      this.emit("messageerror", cause);
      return;
    }
    this.emit("message", value);
  }
}
