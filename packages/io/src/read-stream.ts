/** read-stream: a file as chunks, read ahead in the pool into two warm buffers. */
import * as fs from "node:fs";
import { promisify } from "node:util";
import { asIoError } from "./errors.ts";

/** How to read a file in chunks. */
export interface ReadStreamOptions {
  /** The largest chunk; 1 MiB by default. */
  readonly chunkBytes?: number;
  /** Gives each chunk memory of its own; else it is valid only until the next one is asked for. */
  readonly copy?: boolean;
  /** Ends the reading before the next chunk, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * A read goes through the pool, with a turn of the event loop for each: chunks are larger than for a
 * blocking read. In two runs 1 MiB took 0.7 of the time of 512 KiB.
 */
const CHUNK_BYTES = 1024 * 1024;
const MOST_CHUNK_BYTES = 2 ** 30;

const openFile = promisify(fs.open);
const statFile = promisify<number, fs.Stats>(fs.fstat);
const closeFile = promisify(fs.close);
const readFrom = promisify(fs.read);

/** A file's chunks. Each iteration opens the file, and closes it when it ends or is left. */
export class ReadStream implements AsyncIterable<Buffer> {
  readonly #path: string | Buffer;
  readonly #options: ReadStreamOptions;

  /** For `readStream`. */
  constructor(path: string | Buffer, options: ReadStreamOptions) {
    this.#path = path;
    this.#options = options;
  }

  [Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    return chunksOf(this.#path, this.#options);
  }

  /** The same as a Web stream; its chunks have memory of their own, as they may wait in a queue. */
  toWeb(): ReadableStream<Uint8Array> {
    const chunks = chunksOf(this.#path, { ...this.#options, copy: true });
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await chunks.return();
      },
    });
  }
}

/**
 * Reads a file from its start in chunks, none of them empty. The next chunk is read while the
 * caller uses the last. Fails as `fs.open` and `fs.read` do.
 */
export function readStream(path: string | Buffer, options: ReadStreamOptions = {}): ReadStream {
  const { chunkBytes = CHUNK_BYTES } = options;
  if (!Number.isInteger(chunkBytes) || chunkBytes < 1 || chunkBytes > MOST_CHUNK_BYTES)
    throw new RangeError(`chunkBytes must be a whole number from 1 to ${MOST_CHUNK_BYTES}`);
  return new ReadStream(path, options);
}

async function* chunksOf(
  path: string | Buffer,
  options: ReadStreamOptions,
): AsyncGenerator<Buffer, void, undefined> {
  options.signal?.throwIfAborted();
  try {
    const fd = await openFile(path, "r");
    try {
      yield* chunksFrom(fd, (await statFile(fd)).isFile(), options);
    } finally {
      await closeFile(fd);
    }
  } catch (error) {
    throw asIoError(error, { path: path.toString() });
  }
}

/** Only a regular file is read ahead: a pipe's read may wait for ever, and its bytes be lost. */
async function* chunksFrom(
  fd: number,
  isRegular: boolean,
  { chunkBytes = CHUNK_BYTES, copy = false, signal }: ReadStreamOptions,
): AsyncGenerator<Buffer, void, undefined> {
  let buffer = Buffer.allocUnsafeSlow(chunkBytes);
  let spare = Buffer.allocUnsafeSlow(chunkBytes);
  const read = (into: Buffer) => readFrom(fd, into, 0, chunkBytes, null);
  let ahead = isRegular ? read(buffer) : undefined;
  try {
    for (;;) {
      const { bytesRead } = await (ahead ?? read(buffer));
      ahead = undefined;
      signal?.throwIfAborted();
      if (bytesRead === 0) return;
      const chunk = buffer.subarray(0, bytesRead);
      [buffer, spare] = [copy ? Buffer.allocUnsafeSlow(chunkBytes) : spare, buffer];
      if (isRegular) {
        ahead = read(buffer);
        ahead.catch(() => {}); // Told when it is awaited; the caller may never ask.
      }
      yield chunk;
    }
  } finally {
    await ahead?.catch(() => {}); // The descriptor is closed next, the memory let go.
  }
}
