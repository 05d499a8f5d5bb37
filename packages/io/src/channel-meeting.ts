/**
 * channel-meeting: how two processes find each other by a name. A name is a socket in the kernel's
 * abstract namespace: it goes with the process that holds it, so a killed one leaves nothing.
 */
import { createServer, type Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { ChannelLink, closeSocket } from "./channel-link.ts";
import type { CheckedOptions } from "./channel-options.ts";
import { asIoError, IoError } from "./errors.ts";
import { requireNative } from "./native.ts";

declare module "./native.ts" {
  interface NativeFunctions {
    channelListen(name: string): number;
    channelConnect(name: string): number;
    channelAdmit(listening: number): number;
  }
}

/** A name is looked for again after so many milliseconds. */
const RETRY_MS = 10;
/** A guest knocks again after so many: a knock is lost where the holder has no descriptor for it. */
const KNOCK_MS = 500;
const NAME = /^[\w.-]{1,64}$/;

/** The abstract name: of this user, so that users do not meet each other's. */
export function addressOf(name: string, kind: "pair" | "many"): string {
  if (typeof name !== "string" || !NAME.test(name))
    throw new TypeError("a channel's name must be 1 to 64 letters, digits, '.', '_' or '-'");
  return `crossbill-io/${process.geteuid?.() ?? 0}/${kind}/${name}`;
}

/** Where a guest knocks when he waits at the door: `node:net` accepts what it listens to. */
const knockerOf = (address: string) => `${address}/knock`;

const isErrno = (error: unknown, ...codes: string[]) =>
  error instanceof IoError && codes.includes(error.code);

/** Calls the native part; fails with an IoError that names the channel. */
function calling<Result>(address: string, call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    const known = asIoError(error, { path: address });
    if (!isErrno(known, "EACCES")) throw known;
    throw new IoError("EACCES", `EACCES: another user holds the name of the channel '${address}'`, {
      path: address,
      cause: error,
    });
  }
}

/** The holder of a name, to whom others come. */
export class Reception {
  readonly #address: string;
  readonly #door: number;
  readonly #knocker: Server;
  readonly #mostMessageBytes: number;
  #isClosed = false;

  private constructor(address: string, door: number, knocker: Server, mostMessageBytes: number) {
    this.#address = address;
    this.#mostMessageBytes = mostMessageBytes;
    this.#door = door;
    this.#knocker = knocker;
  }

  /** Takes the name; undefined when somebody holds it. `onKnock` is called when one may be admitted. */
  static open(
    address: string,
    { maxMessageBytes }: CheckedOptions,
    onKnock: () => void,
  ): Reception | undefined {
    const part = requireNative("a channel");
    const listen = (name: string) => calling(address, () => part.channelListen(name));
    let fd: number | undefined;
    let door: number;
    try {
      fd = listen(knockerOf(address));
      door = listen(address);
    } catch (error) {
      if (fd !== undefined) closeSocket(fd);
      if (isErrno(error, "EADDRINUSE")) return undefined;
      throw error;
    }
    const knocker = createServer((guest) => {
      guest.on("error", () => {}).on("close", onKnock);
      guest.resume().unref();
    });
    // Also when it could not accept: who lets the guest in will meet the same failure.
    knocker.on("error", onKnock).listen({ fd, exclusive: true });
    return new Reception(address, door, knocker, maxMessageBytes);
  }

  /** Lets in the next guest, and tells him so; undefined when none is there. */
  admit(): ChannelLink | undefined {
    const part = requireNative("a channel");
    while (!this.#isClosed) {
      const fd = calling(this.#address, () => part.channelAdmit(this.#door));
      if (fd < 0) return undefined;
      try {
        const link = new ChannelLink(fd, part.channelTake(fd), "taken", this.#mostMessageBytes);
        link.greet();
        return link;
      } catch {
        closeSocket(fd); // Who brings no memory, or none of a channel, is no guest.
      }
    }
    return undefined;
  }

  ref(): void {
    this.#knocker.ref();
  }

  unref(): void {
    this.#knocker.unref();
  }

  /** The name is free again. In this order: who finds no knocker may take the name. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSocket(this.#door);
    this.#knocker.close();
  }
}

/**
 * Goes to the holder of a name with new memory, and waits to be let in. Undefined when there is no
 * holder, when too many wait, or when he went away meanwhile.
 */
export async function visit(
  address: string,
  { ringBytes, maxMessageBytes, signal }: CheckedOptions,
): Promise<ChannelLink | undefined> {
  const brought = bring(address, ringBytes);
  if (brought === undefined) return undefined;
  const link = new ChannelLink(brought.fd, brought.memory, "offered", maxMessageBytes);
  link.ref();
  const knocking = setInterval(() => knock(address), KNOCK_MS);
  let onAbort = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      link.onWake = resolve;
      onAbort = () => reject(signal?.reason);
      signal?.addEventListener("abort", onAbort);
    });
  } catch (error) {
    link.close();
    throw error;
  } finally {
    clearInterval(knocking);
    signal?.removeEventListener("abort", onAbort);
    link.unref();
  }
  if (!link.isGone) return link;
  link.close();
  return undefined;
}

function knock(address: string): void {
  try {
    closeSocket(requireNative("a channel").channelConnect(knockerOf(address)));
  } catch {
    // Too many knock at once, or he is gone, which the socket to him tells.
  }
}

/** Puts new memory before the door, and knocks. */
function bring(
  address: string,
  ringBytes: number,
): { readonly fd: number; readonly memory: ArrayBuffer } | undefined {
  const part = requireNative("a channel");
  const opened: number[] = [];
  const connect = (name: string) => {
    const fd = calling(address, () => part.channelConnect(name));
    opened.push(fd);
    return fd;
  };
  try {
    const visitor = connect(knockerOf(address));
    const fd = connect(address);
    const memory = calling(address, () => part.channelOffer(fd, ringBytes));
    closeSocket(visitor); // Which is what is heard.
    return { fd, memory };
  } catch (error) {
    for (const fd of opened) closeSocket(fd);
    if (isErrno(error, "ECONNREFUSED", "EAGAIN", "ECONNRESET", "EPIPE")) return undefined;
    throw error;
  }
}

/** Until somebody may have come, or gone. */
export async function waitToRetry(signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(RETRY_MS, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted(); // With the reason that its owner gave.
    throw error;
  }
}
