/** read-file: a whole file in one turn of the pool; what is no regular file, chunk by chunk. */
import { constants } from "node:buffer";
import * as fs from "node:fs";
import { promisify } from "node:util";
import { abortable } from "./abort.ts";
import { chunksOf, openFile } from "./chunks.ts";
import { asIoError, systemError } from "./errors.ts";
import { native } from "./native.ts";

declare module "./native.ts" {
  interface NativeFunctions {
    /** A small file's content; of anything else that is no folder the descriptor. */
    openOrRead(
      path: string | Buffer,
      mostBytes: number,
      smallBytes: number,
      asText: boolean,
      abort: Int32Array | undefined,
    ): Promise<Buffer | string | number>;
    openOrReadSync(
      path: string | Buffer,
      mostBytes: number,
      smallBytes: number,
      asText: boolean,
      abort: undefined,
    ): Buffer | string | number;
    /** The bytes read. */
    readInto(
      fd: number,
      into: Buffer,
      offset: number,
      abort: Int32Array | undefined,
    ): Promise<number>;
    readIntoSync(fd: number, into: Buffer, offset: number, abort: undefined): number;
  }
}

/** How to read a whole file at once. */
export interface ReadFileSyncOptions {
  /** Resolves to a string of this encoding; without, to a Buffer. */
  readonly encoding?: BufferEncoding | null;
  /** Beyond so many bytes it fails with ERR_TOO_LARGE; by default, beyond what a Buffer can hold. */
  readonly maxBytes?: number;
}

/** How to read a whole file. */
export interface ReadFileOptions extends ReadFileSyncOptions {
  /** Ends the reading; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Up to here a second turn of the pool costs more than copying once more; */
const SMALL_BYTES = 128 * 1024;
/** and here a second call. */
const SMALL_SYNC_BYTES = 16 * 1024;

type Encoded = { readonly encoding: BufferEncoding };

/** The number of native/src/io/failure.h. */
const TOO_LARGE = -10003;
/** Of what tells no size, so much is read at once. */
const PIECE_BYTES = 64 * 1024;

/**
 * Reads a whole file: to its end, or to the size that it had at first, as `fs.promises.readFile`
 * does, but in one turn of a thread. A pipe or a terminal is read to its end, holds no thread while
 * it has nothing to say, and can be left by `signal`.
 *
 * @param options - An encoding, or an object with more.
 * @returns A promise of a Buffer, or, with an encoding, of a string. To decode a string of many
 * megabytes takes the event loop its time, as it does with `fs`.
 * @throws IoError ERR_TOO_LARGE beyond `maxBytes`, EISDIR for a folder, else as `fs.open`, `fs.read`.
 */
export function readFile(
  path: string | Buffer,
  options: BufferEncoding | (ReadFileOptions & Encoded),
): Promise<string>;
export function readFile(
  path: string | Buffer,
  options?: ReadFileOptions & { readonly encoding?: null },
): Promise<Buffer>;
export function readFile(
  path: string | Buffer,
  options?: ReadFileOptions | BufferEncoding,
): Promise<Buffer | string>;
export async function readFile(
  path: string | Buffer,
  options: ReadFileOptions | BufferEncoding = {},
): Promise<Buffer | string> {
  const { encoding, most, signal } = taken(options);
  signal?.throwIfAborted();
  try {
    const found = await abortable(signal, (word) =>
      readWhole(path, most, isUtf8(encoding), word, signal),
    );
    signal?.throwIfAborted();
    return typeof found === "string" ? found : encoded(found, encoding);
  } catch (error) {
    throw asIoError(error, { path: path.toString() });
  }
}

/**
 * As `readFile`, at once. A pipe that has nothing to say holds the program up, as with
 * `fs.readFileSync`.
 */
export function readFileSync(
  path: string | Buffer,
  options: BufferEncoding | (ReadFileSyncOptions & Encoded),
): string;
export function readFileSync(
  path: string | Buffer,
  options?: ReadFileSyncOptions & { readonly encoding?: null },
): Buffer;
export function readFileSync(
  path: string | Buffer,
  options?: ReadFileSyncOptions | BufferEncoding,
): Buffer | string;
export function readFileSync(
  path: string | Buffer,
  options: ReadFileSyncOptions | BufferEncoding = {},
): Buffer | string {
  const { encoding, most } = taken(options);
  try {
    const found = readWholeSync(path, most, isUtf8(encoding));
    return typeof found === "string" ? found : encoded(found, encoding);
  } catch (error) {
    throw asIoError(error, { path: path.toString() });
  }
}

interface Wish {
  readonly encoding: BufferEncoding | null;
  readonly most: number;
  readonly signal: AbortSignal | undefined;
}

function taken(options: ReadFileOptions | BufferEncoding): Wish {
  const given = typeof options === "string" ? { encoding: options } : options;
  const { encoding = null, maxBytes = constants.MAX_LENGTH, signal }: ReadFileOptions = given;
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 0)
    throw new RangeError(`maxBytes must be a whole number of bytes, not ${String(maxBytes)}`);
  if (encoding !== null && !Buffer.isEncoding(encoding))
    throw new TypeError(`there is no encoding ${String(encoding)}`);
  return { encoding, most: Math.min(maxBytes, constants.MAX_LENGTH), signal };
}

const isUtf8 = (encoding: BufferEncoding | null) => encoding === "utf8" || encoding === "utf-8";

const encoded = (bytes: Buffer, encoding: BufferEncoding | null) =>
  encoding === null ? bytes : bytes.toString(encoding);

const tooLarge = (path: string | Buffer) =>
  systemError(TOO_LARGE, "read", { path: path.toString() });

async function readWhole(
  path: string | Buffer,
  most: number,
  asText: boolean,
  word: Int32Array | undefined,
  signal: AbortSignal | undefined,
): Promise<Buffer | string> {
  const part = native();
  if (part === null) return await readByFs(path, most, signal);
  const found = await part.openOrRead(path, most, SMALL_BYTES, asText, word);
  if (typeof found !== "number") return found;
  if (!fs.fstatSync(found).isFile()) return await gather(found, path, most, signal);
  try {
    const bytes = Buffer.allocUnsafeSlow(Math.min(part.fileSize(found), most));
    return bytes.subarray(0, await part.readInto(found, bytes, 0, word));
  } finally {
    fs.closeSync(found);
  }
}

function readWholeSync(path: string | Buffer, most: number, asText: boolean): Buffer | string {
  const part = native();
  if (part === null) return readByFsSync(path, most);
  const found = part.openOrReadSync(path, most, SMALL_SYNC_BYTES, asText, undefined);
  if (typeof found !== "number") return found;
  try {
    const size = part.fileSize(found);
    if (size === 0) return gatherSync(found, path, most); // Small, were it a regular file.
    const bytes = Buffer.allocUnsafeSlow(Math.min(size, most));
    return bytes.subarray(0, part.readIntoSync(found, bytes, 0, undefined));
  } finally {
    fs.closeSync(found);
  }
}

/** Chunk by chunk, for what tells no size; owns the descriptor. */
async function gather(
  fd: number,
  path: string | Buffer,
  most: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const ending = AbortSignal.any(signal === undefined ? [] : [signal]);
  const options = { chunkBytes: PIECE_BYTES, copy: true, signal: ending };
  for await (const chunk of chunksOf(fd, path.toString(), options)) {
    bytes += chunk.length;
    if (bytes > most) throw tooLarge(path);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function gatherSync(fd: number, path: string | Buffer, most: number): Buffer {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
    const got = fs.readSync(fd, piece);
    if (got === 0) return Buffer.concat(pieces, bytes);
    bytes += got;
    if (bytes > most) throw tooLarge(path);
    pieces.push(piece.subarray(0, got));
  }
}

const readOpenFile = promisify<number, { signal?: AbortSignal }, Buffer>(fs.readFile);

/** Without the native part. */
async function readByFs(
  path: string | Buffer,
  most: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const fd = await openFile(path);
  const status = fs.fstatSync(fd);
  if (status.size === 0 || !status.isFile()) return await gather(fd, path, most, signal);
  try {
    if (status.size > most) throw tooLarge(path);
    return await readOpenFile(fd, signal === undefined ? {} : { signal });
  } finally {
    fs.closeSync(fd);
  }
}

/** The same at once. */
function readByFsSync(path: string | Buffer, most: number): Buffer {
  const fd = fs.openSync(path, "r");
  try {
    const { size } = fs.fstatSync(fd);
    if (size > most) throw tooLarge(path);
    return size > 0 ? fs.readFileSync(fd) : gatherSync(fd, path, most);
  } finally {
    fs.closeSync(fd);
  }
}
