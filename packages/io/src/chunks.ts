/** chunks: what is behind a descriptor, chunk by chunk: a file by the pool, a pipe by the event loop. */
import { once } from "node:events";
import * as fs from "node:fs";
import { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import * as tty from "node:tty";
import { promisify } from "node:util";
import { Descriptor } from "./descriptor.ts";

/** How to read chunks. */
export interface ChunkOptions {
  /** The largest chunk of a file; a pipe's are as they come. */
  readonly chunkBytes: number;
  /** Gives each chunk memory of its own; else it is valid only until the next one is asked for. */
  readonly copy: boolean;
  /** Ends the chunks, without an error. */
  readonly signal: AbortSignal;
}

/** Between two looks at a device that has nothing to say, and cannot tell when it has. */
const RETRY_MS = 10;

/** Not to wait for a writer of a FIFO in a thread of the pool; Windows has no such flag. */
const OPEN_FLAGS = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);

const openNow = promisify(fs.open);
const readFrom = promisify(fs.read);

/** Opens a file for `chunksOf`. */
export function openFile(path: string | Buffer): Promise<number> {
  return openNow(path, OPEN_FLAGS);
}

/** The chunks, none of them empty. Owns the descriptor, which is to be non-blocking. */
export function chunksOf(
  fd: number,
  path: string,
  options: ChunkOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const status = fs.fstatSync(fd);
  const waits = status.isFIFO() || status.isSocket() || tty.isatty(fd);
  // Closed too when the iteration is forgotten amid the file.
  return waits ? pipeChunks(fd, options) : fileChunks(new Descriptor(fd, path), status, options);
}

/** A read of a pipe may wait for ever: in the event loop it holds no thread, and can be left. */
async function* pipeChunks(
  fd: number,
  { signal }: ChunkOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const stream = tty.isatty(fd) ? new tty.ReadStream(fd) : new Socket({ fd, readable: true });
  const leave = () => stream.destroy();
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave, { once: true });
  try {
    for await (const chunk of stream) yield chunk;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", leave);
    if (!stream.destroy().closed) await once(stream, "close");
  }
}

/** The next chunk is read while the caller uses the last, into the other of two warm buffers. */
async function* fileChunks(
  descriptor: Descriptor,
  status: fs.Stats,
  { chunkBytes, copy, signal }: ChunkOptions,
): AsyncGenerator<Buffer, void, undefined> {
  let buffer = Buffer.allocUnsafeSlow(chunkBytes);
  let spare = copy ? buffer : Buffer.allocUnsafeSlow(chunkBytes);
  const read = (into: Buffer) => descriptor.useAsync((fd) => readWhenReady(fd, into, signal));
  // Of a device, bytes that nobody asks for would be lost.
  const isAhead = status.isFile();
  let ahead = isAhead ? read(buffer) : undefined;
  try {
    for (;;) {
      const bytes = await (ahead ?? read(buffer));
      ahead = undefined;
      if (bytes === 0 || signal.aborted) return;
      const chunk = buffer.subarray(0, bytes);
      [buffer, spare] = [copy ? Buffer.allocUnsafeSlow(chunkBytes) : spare, buffer];
      if (isAhead) {
        ahead = read(buffer);
        ahead.catch(() => {}); // Told when it is awaited; the caller may never ask.
      }
      yield chunk;
    }
  } finally {
    await ahead?.catch(() => {}); // The memory is let go next.
    await descriptor.close();
  }
}

async function readWhenReady(fd: number, into: Buffer, signal: AbortSignal): Promise<number> {
  while (!signal.aborted)
    try {
      return (await readFrom(fd, into, 0, into.length, null)).bytesRead;
    } catch (error) {
      if (!isAgain(error)) throw error;
      await delay(RETRY_MS);
    }
  return 0;
}

const isAgain = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === "EAGAIN";
