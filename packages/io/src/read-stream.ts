/** read-stream: a file as chunks, for `for await` or as a Web stream. */
import { chunksOf, openFile } from "./chunks.ts";
import { asIoError } from "./errors.ts";

/** How to read a file in chunks. */
export interface ReadStreamOptions {
  /** The largest chunk; 1 MiB by default. A pipe's chunks are as they come. */
  readonly chunkBytes?: number;
  /** Gives each chunk memory of its own; else it is valid only until the next one is asked for. */
  readonly copy?: boolean;
  /** Ends the reading with the signal's reason, also while a pipe has nothing to say. */
  readonly signal?: AbortSignal;
}

/**
 * A read goes through the pool, with a turn of the event loop for each: chunks are larger than for a
 * blocking read. In two runs 1 MiB took 0.7 of the time of 512 KiB.
 */
const CHUNK_BYTES = 1024 * 1024;
const MOST_CHUNK_BYTES = 2 ** 30;

/** A file's chunks. Each iteration opens the file, and closes it when it ends or is left. */
export class ReadStream implements AsyncIterable<Buffer> {
  readonly #path: string | Buffer;
  readonly #options: ReadStreamOptions;

  /** For `readStream`. */
  constructor(path: string | Buffer, options: ReadStreamOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** A new iteration, from the file's start. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer, undefined> {
    return new Chunks(this.#path, this.#options);
  }

  /** The same as a Web stream; its chunks have memory of their own, as they may wait in a queue. */
  toWeb(): ReadableStream<Uint8Array> {
    const chunks = new Chunks(this.#path, { ...this.#options, copy: true });
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
 * caller uses the last. What is no regular file is not read ahead, and a pipe holds no thread while
 * it has nothing to say.
 *
 * @throws IoError as `fs.open` and `fs.read` fail, at the first chunk asked for or at a later one.
 */
export function readStream(path: string | Buffer, options: ReadStreamOptions = {}): ReadStream {
  const { chunkBytes = CHUNK_BYTES } = options;
  if (!Number.isInteger(chunkBytes) || chunkBytes < 1 || chunkBytes > MOST_CHUNK_BYTES)
    throw new RangeError(`chunkBytes must be a whole number from 1 to ${MOST_CHUNK_BYTES}`);
  return new ReadStream(path, options);
}

/** One iteration. No generator, whose `return` would wait for a chunk that was asked for. */
class Chunks implements AsyncIterableIterator<Buffer, undefined> {
  readonly #leaving = new AbortController();
  readonly #chunks: AsyncGenerator<Buffer, undefined, undefined>;

  constructor(path: string | Buffer, options: ReadStreamOptions) {
    this.#chunks = openedChunks(path, options, this.#leaving.signal);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Buffer, undefined>> {
    return this.#chunks.next();
  }

  return(): Promise<IteratorResult<Buffer, undefined>> {
    this.#leaving.abort();
    return this.#chunks.return(undefined);
  }
}

async function* openedChunks(
  path: string | Buffer,
  { chunkBytes = CHUNK_BYTES, copy = false, signal }: ReadStreamOptions,
  leaving: AbortSignal,
): AsyncGenerator<Buffer, undefined, undefined> {
  signal?.throwIfAborted();
  const ending = signal === undefined ? leaving : AbortSignal.any([signal, leaving]);
  try {
    const fd = await openFile(path);
    yield* chunksOf(fd, path.toString(), { chunkBytes, copy, signal: ending });
  } catch (error) {
    throw asIoError(error, { path: path.toString() });
  }
  signal?.throwIfAborted();
}
