/** lines: a file's lines, found and decoded a block at a time. */
import { IoError } from "./errors.ts";
import { readStream } from "./read-stream.ts";

/** How to read lines. */
export interface LinesOptions {
  /** What a line is given as; "utf8" by default. */
  readonly encoding?: "utf8" | "latin1" | "buffer";
  /** The longest line in bytes, 64 MiB by default: beyond it, reading fails with ERR_LINE_TOO_LONG. */
  readonly maxBytes?: number;
  /** The bytes read at once. */
  readonly chunkBytes?: number;
  /** Ends the reading with the signal's reason. */
  readonly signal?: AbortSignal;
}

const MOST_LINE_BYTES = 64 * 1024 * 1024;
const LINE_FEED = 10;
const RETURN = 13;

/**
 * Reads a file's lines, ended by "\n" or "\r\n" (which are not part of them) or by the file's end.
 * A "\r" alone ends no line, unlike in `node:readline`. Buffers have memory of their own.
 */
export function lines(
  path: string | Buffer,
  options: LinesOptions & { readonly encoding: "buffer" },
): AsyncIterableIterator<Buffer>;
export function lines(
  path: string | Buffer,
  options?: LinesOptions & { readonly encoding?: "utf8" | "latin1" },
): AsyncIterableIterator<string>;
export function lines(
  path: string | Buffer,
  options: LinesOptions = {},
): AsyncIterableIterator<string | Buffer> {
  return new Lines(batches(path, options));
}

/** No generator: one that waits for each line costs several times what finding the line does. */
class Lines<Line> implements AsyncIterableIterator<Line> {
  readonly #batches: AsyncGenerator<readonly Line[], void, undefined>;
  #batch: readonly Line[] = [];
  #at = 0;
  #filling: Promise<IteratorResult<Line, undefined>> | undefined;

  constructor(batchesOfLines: AsyncGenerator<readonly Line[], void, undefined>) {
    this.#batches = batchesOfLines;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Line, undefined>> {
    // Asked again before the answer: in turn, as a generator would.
    if (this.#filling !== undefined) {
      const again = () => this.next();
      return this.#filling.then(again, again);
    }
    const value = this.#batch[this.#at];
    if (value === undefined) return this.#fill();
    this.#at++;
    return Promise.resolve({ done: false, value });
  }

  async return(): Promise<IteratorResult<Line, undefined>> {
    this.#batch = [];
    await this.#batches.return();
    return { done: true, value: undefined };
  }

  #fill(): Promise<IteratorResult<Line, undefined>> {
    this.#filling = this.#first().finally(() => {
      this.#filling = undefined;
    });
    return this.#filling;
  }

  /** The first line of the next batch, none of which is empty. */
  async #first(): Promise<IteratorResult<Line, undefined>> {
    const { done, value } = await this.#batches.next();
    this.#batch = done === true ? [] : value;
    this.#at = 1;
    const [first] = this.#batch;
    return first === undefined ? { done: true, value: undefined } : { done: false, value: first };
  }
}

async function* batches(
  path: string | Buffer,
  options: LinesOptions,
): AsyncGenerator<readonly (string | Buffer)[], void, undefined> {
  const { encoding = "utf8", maxBytes = MOST_LINE_BYTES } = options;
  for await (const block of blocks(path, options, maxBytes)) {
    refuseLong(block, maxBytes, path);
    yield encoding === "buffer" ? [...buffersOf(block)] : stringsOf(block.toString(encoding));
  }
}

/** Whole lines back to back; the last ends with the file, if not with a "\n". */
async function* blocks(
  path: string | Buffer,
  { chunkBytes, signal }: LinesOptions,
  maxBytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  const chunks = readStream(path, {
    ...(chunkBytes === undefined ? {} : { chunkBytes }),
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) {
      yield Buffer.concat([...begun, chunk.subarray(0, end)]);
      begun = [];
      begunBytes = 0;
    }
    begun.push(Buffer.from(chunk.subarray(end)));
    begunBytes += chunk.length - end;
    // One byte more, as a "\r" may be the end's.
    if (begunBytes > maxBytes + 1) throw tooLong(maxBytes, path);
  }
  if (begunBytes > 0) yield Buffer.concat(begun);
}

const tooLong = (maxBytes: number, path: string | Buffer) =>
  new IoError("ERR_LINE_TOO_LONG", `ERR_LINE_TOO_LONG: a line has over ${maxBytes} bytes`, {
    path: path.toString(),
  });

function refuseLong(block: Buffer, maxBytes: number, path: string | Buffer): void {
  if (block.length <= maxBytes) return;
  for (const line of buffersOf(block)) if (line.length > maxBytes) throw tooLong(maxBytes, path);
}

function* buffersOf(block: Buffer): Generator<Buffer, void, undefined> {
  for (let at = 0; at < block.length; ) {
    const found = block.indexOf(LINE_FEED, at);
    const end = found < 0 ? block.length : found;
    yield block.subarray(at, found > at && block[end - 1] === RETURN ? end - 1 : end);
    at = end + 1;
  }
}

function stringsOf(text: string): string[] {
  const found = text.split(text.includes("\r\n") ? /\r?\n/ : "\n");
  if (found.at(-1) === "") found.pop();
  return found;
}
