/** lines: a file's lines, found and decoded a block at a time. */
import { isAscii } from "node:buffer";
import { BatchItems } from "./batch-items.ts";
import { IoError } from "./errors.ts";
import { readStream } from "./read-stream.ts";

/** How to read lines. */
export interface LinesOptions {
  /** What a line is given as; "utf8" by default. */
  readonly encoding?: "utf8" | "latin1" | "buffer";
  /** The longest line in bytes, 64 MiB by default, at most 256 MiB: beyond it, reading fails with ERR_LINE_TOO_LONG. */
  readonly maxBytes?: number;
  /** The bytes read at once. */
  readonly chunkBytes?: number;
  /** Ends the reading with the signal's reason. */
  readonly signal?: AbortSignal;
}

const MOST_LINE_BYTES = 64 * 1024 * 1024;
/** Half of the longest string that V8 makes: a block is as much as a line and a chunk. */
const LARGEST_MAX_BYTES = 2 ** 28;
const LINE_FEED = 10;
const RETURN = 13;

/** A file's lines. Each iteration reads it anew. */
export class Lines<Line extends string | Buffer> implements AsyncIterable<Line> {
  readonly #read: () => AsyncGenerator<Line[], void, undefined>;

  /** For `lines`. */
  constructor(read: () => AsyncGenerator<Line[], void, undefined>) {
    this.#read = read;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Line> {
    return new BatchItems(this.#read());
  }

  /** The same some thousand at a time, in arrays: a promise for each line costs more than the line. */
  batches(): AsyncGenerator<Line[], void, undefined> {
    return this.#read();
  }
}

/**
 * Reads a file's lines, ended by "\n" or "\r\n" (which are not part of them) or by the file's end.
 * A "\r" alone ends no line, unlike in `node:readline`. Buffers have memory of their own.
 *
 * @returns An async iterable of lines; `batches()` gives them some thousand at a time.
 * @throws RangeError for a `maxBytes` that is none. When it is iterated: IoError ERR_LINE_TOO_LONG,
 *   what `fs.open` and `fs.read` would, or the signal's reason.
 */
export function lines(
  path: string | Buffer,
  options: LinesOptions & { readonly encoding: "buffer" },
): Lines<Buffer>;
export function lines(
  path: string | Buffer,
  options?: LinesOptions & { readonly encoding?: "utf8" | "latin1" },
): Lines<string>;
export function lines(
  path: string | Buffer,
  options: LinesOptions = {},
): Lines<string> | Lines<Buffer> {
  const { encoding = "utf8", maxBytes = MOST_LINE_BYTES } = options;
  if (!Number.isInteger(maxBytes) || maxBytes < 1 || maxBytes > LARGEST_MAX_BYTES)
    throw new RangeError(`maxBytes must be a whole number from 1 to ${LARGEST_MAX_BYTES}`);
  if (encoding === "buffer")
    return new Lines(() => batchesOf(path, options, maxBytes, (block) => [...buffersOf(block)]));
  return new Lines(() =>
    batchesOf(path, options, maxBytes, (block) => stringsOf(textOf(block, encoding))),
  );
}

/** Of ASCII, which most texts are, latin1 makes the same string in a fraction of the time. */
function textOf(block: Buffer, encoding: "utf8" | "latin1"): string {
  return block.toString(encoding === "utf8" && isAscii(block) ? "latin1" : encoding);
}

async function* batchesOf<Line>(
  path: string | Buffer,
  options: LinesOptions,
  maxBytes: number,
  linesOf: (block: Buffer) => Line[],
): AsyncGenerator<Line[], void, undefined> {
  for await (const block of blocks(path, options, maxBytes)) {
    refuseLong(block, maxBytes, path);
    yield linesOf(block);
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
