/** map: a file as memory, of which only what is touched is read. */
import { constants } from "node:buffer";
import { abortable } from "./abort.ts";
import { asIoError, IoError } from "./errors.ts";
import { requireNative } from "./native.ts";
import { type Ranges, readRanges } from "./ranges.ts";
import { readFile, readFileSync } from "./read-file.ts";

type Word = Int32Array | undefined;

declare module "./native.ts" {
  interface NativeFunctions {
    mapFile(...request: MapRequest): Promise<ArrayBuffer>;
    mapFileSync(...request: MapRequest): ArrayBuffer;
    /** These take only what mapFile gave. */
    mappingIsTruncated(mapping: ArrayBuffer): boolean;
    mappingPrefetch(mapping: ArrayBuffer, pairs: Float64Array, abort: Word): Promise<void>;
    mappingPrefetchSync(mapping: ArrayBuffer, pairs: Float64Array, abort: Word): void;
    mappingFlush(mapping: ArrayBuffer, pairs: Float64Array, abort: Word): Promise<void>;
    mappingFlushSync(mapping: ArrayBuffer, pairs: Float64Array, abort: Word): void;
  }
}

type MapRequest = [
  path: string | Buffer,
  offset: number,
  length: number,
  mostBytes: number,
  flags: number,
  abort: Word,
];

/** How to map a file. */
export interface MapSyncOptions {
  /**
   * "private" (the default): the file is only read. What the program writes into the memory it alone
   * sees, and the file never gets; JavaScript knows no memory that refuses to be written, and the
   * kernel would end the process. "shared": what is written is the file's, and others see it.
   */
  readonly access?: "private" | "shared";
  /**
   * "mapping" (the default), or "copy": the memory is the process's own, read at once, private, and
   * whatever becomes of the file cannot touch it. For files that cannot be mapped (/proc, pipes),
   * and without the native part.
   */
  readonly mode?: "mapping" | "copy";
  /** The first byte of the part that is mapped; 0 by default. Any byte will do. */
  readonly offset?: number;
  /** Bytes of the part; to the file's end by default, and at most. */
  readonly length?: number;
  /** Reads it all and fills the page tables, before the mapping is given. */
  readonly populate?: boolean;
  /** It will be read from start to end: the kernel reads far ahead, and lets go behind. */
  readonly sequential?: boolean;
  /** It will be read at random places: the kernel reads ahead nothing. */
  readonly random?: boolean;
  /** Asks for huge pages, which some file systems have (tmpfs mounted with `huge=`). */
  readonly hugePages?: boolean;
  /** What was touched stays in memory; within `ulimit -l`, else it fails with ENOMEM or EPERM. */
  readonly lock?: boolean;
}

/** How to map a file by a promise. */
export interface MapOptions extends MapSyncOptions {
  /** Ends the reading of `populate` or of a copy; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Numbers of native/src/io/mapping.h. */
const SHARED = 1;
const flags = { populate: 2, sequential: 4, random: 8, hugePages: 16, lock: 32 } as const;

/** The memory behind a MappedFile. */
type Memory =
  | { readonly mode: "mapping"; readonly mapping: ArrayBuffer; readonly buffer: Buffer }
  | { readonly mode: "copy"; readonly buffer: Buffer };

/** A mapped file. Made by `map` or `mapSync`; to be unmapped by `close` or `using`, or when forgotten. */
export class MappedFile implements Disposable {
  /** The path that it was mapped by. */
  readonly path: string;
  #memory: Memory | null;

  /** For `map` and `mapSync`. */
  constructor(path: string, memory: Memory) {
    this.path = path;
    this.#memory = memory;
  }

  /** The part that was asked for, as it is in memory; its `buffer` is the ArrayBuffer. */
  get buffer(): Buffer {
    return this.#open().buffer;
  }

  /** How the file's bytes come into memory. */
  get mode(): "mapping" | "copy" {
    return this.#open().mode;
  }

  /**
   * Whether a page was met that the file had no more (it became shorter), or that could not be read
   * or be made (a bad disk, a full one). In its place, and in that of some pages behind it, are zeros.
   */
  get isTruncated(): boolean {
    const memory = this.#open();
    return memory.mode === "mapping" && requireNative("map").mappingIsTruncated(memory.mapping);
  }

  /**
   * To be called when what was read is to be relied on.
   *
   * @throws IoError ERR_TRUNCATED when `isTruncated`.
   */
  check(): void {
    if (!this.isTruncated) return;
    const message = `ERR_TRUNCATED: the file became shorter under its mapping, or cannot be read, '${this.path}'`;
    throw new IoError("ERR_TRUNCATED", message, { path: this.path });
  }

  /**
   * Brings ranges of the mapping into memory and into the page tables: all are asked of the disk at
   * once. Without `ranges`, the whole. What is past its end is left out.
   *
   * @throws IoError ERR_TRUNCATED when the file has become shorter.
   */
  async prefetch(ranges?: Ranges, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#ask(ranges, options.signal, (mapping, pairs, word) =>
      requireNative("map").mappingPrefetch(mapping, pairs, word),
    );
  }

  /** As `prefetch`, at once. */
  prefetchSync(ranges?: Ranges): void {
    this.#askSync(ranges, (mapping, pairs) =>
      requireNative("map").mappingPrefetchSync(mapping, pairs, undefined),
    );
  }

  /**
   * Writes what was changed through a shared mapping to the disk (without it, the kernel does so in
   * its own time). Without `ranges`, the whole.
   *
   * @throws IoError ERR_TRUNCATED when the file has become shorter by a page, or its disk is full: some
   * of what was written is then lost.
   */
  async flush(ranges?: Ranges, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#ask(ranges, options.signal, (mapping, pairs, word) =>
      requireNative("map").mappingFlush(mapping, pairs, word),
    );
  }

  /** As `flush`, at once. */
  flushSync(ranges?: Ranges): void {
    this.#askSync(ranges, (mapping, pairs) =>
      requireNative("map").mappingFlushSync(mapping, pairs, undefined),
    );
  }

  /**
   * Gives the memory back: every Buffer and array on it is then empty (a copy stays as it is), and the
   * file is unmapped in the next turn of the event loop, or when the operations under way have ended.
   * Not to be called while an operation of others, such as zlib's, works on it in another thread.
   */
  close(): void {
    const memory = this.#memory;
    this.#memory = null;
    if (memory?.mode === "mapping") requireNative("map").detachMemory(memory.mapping);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(): Memory {
    if (this.#memory === null)
      throw new IoError("ERR_CLOSED", `ERR_CLOSED: '${this.path}' is closed`, { path: this.path });
    return this.#memory;
  }

  #pairs(ranges: Ranges | undefined): Float64Array {
    const whole = this.#open().buffer.length;
    return ranges === undefined ? new Float64Array([0, whole]) : readRanges(ranges, whole).pairs;
  }

  async #ask(
    ranges: Ranges | undefined,
    signal: AbortSignal | undefined,
    call: (mapping: ArrayBuffer, pairs: Float64Array, word: Word) => Promise<void>,
  ): Promise<void> {
    const memory = this.#open();
    const pairs = this.#pairs(ranges);
    signal?.throwIfAborted();
    if (memory.mode === "copy") return;
    try {
      await abortable(signal, (word) => call(memory.mapping, pairs, word));
    } catch (error) {
      throw asIoError(error, { path: this.path });
    }
  }

  #askSync(
    ranges: Ranges | undefined,
    call: (mapping: ArrayBuffer, pairs: Float64Array) => void,
  ): void {
    const memory = this.#open();
    const pairs = this.#pairs(ranges);
    if (memory.mode === "copy") return;
    try {
      call(memory.mapping, pairs);
    } catch (error) {
      throw asIoError(error, { path: this.path });
    }
  }
}

/**
 * Maps a file into memory: bytes are read from the disk when they are first touched, and are never
 * copied. Its size is that at the time of the call; a file that grows has to be mapped again.
 *
 * A file that becomes shorter does not end the process, as a mapping's SIGBUS would: what is gone
 * reads as zeros, and once it was read, flushed or prefetched, `check`, `flush` and `prefetch` fail
 * with ERR_TRUNCATED.
 *
 * A first touch of what is on a disk holds the thread up: `prefetch` or `populate` do not. The
 * memory cannot be transferred to a worker, which would map the file for itself; Atomics on it need
 * an `offset` that is a multiple of 8.
 *
 * @throws IoError ERR_NOT_MAPPABLE for a file without a size (/proc, a pipe); ERR_TOO_LARGE beyond
 * the largest Buffer, `buffer.constants.MAX_LENGTH` (4 GiB in Node 20): map a part of it by `offset`
 * and `length`; ERR_NO_NATIVE without the native part; else as `fs.open`. Of these but the last,
 * `mode: "copy"` can do without.
 */
export async function map(path: string | Buffer, options: MapOptions = {}): Promise<MappedFile> {
  const wish = taken(options);
  const { signal } = options;
  signal?.throwIfAborted();
  try {
    if (options.mode === "copy") return copied(path, wish, await readFile(path, bySignal(signal)));
    const part = requireNative("map");
    return mapped(
      path,
      await abortable(signal, (word) => part.mapFile(...requestOf(path, wish), word)),
    );
  } catch (error) {
    throw asIoError(error, { path: path.toString() });
  }
}

/** As `map`, at once. */
export function mapSync(path: string | Buffer, options: MapSyncOptions = {}): MappedFile {
  const wish = taken(options);
  try {
    if (options.mode === "copy") return copied(path, wish, readFileSync(path));
    return mapped(path, requireNative("map").mapFileSync(...requestOf(path, wish), undefined));
  } catch (error) {
    throw asIoError(error, { path: path.toString() });
  }
}

interface Wish {
  readonly offset: number;
  readonly length: number;
  readonly flags: number;
}

function taken(options: MapSyncOptions): Wish {
  const { access = "private", mode = "mapping", offset = 0, length } = options;
  if (access !== "private" && access !== "shared")
    throw new TypeError(`access is "private" or "shared", not ${String(access)}`);
  if (mode !== "mapping" && mode !== "copy")
    throw new TypeError(`mode is "mapping" or "copy", not ${String(mode)}`);
  if (mode === "copy" && access === "shared")
    throw new TypeError("a copy cannot be shared: what is written to it is not the file's");
  const most = Number.MAX_SAFE_INTEGER - offset;
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new RangeError(`offset must be a whole number of bytes, not ${String(offset)}`);
  if (length !== undefined && !(Number.isSafeInteger(length) && length >= 0 && length <= most))
    throw new RangeError(`length must be a whole number of bytes, not ${String(length)}`);
  let bits = access === "shared" ? SHARED : 0;
  for (const [name, bit] of Object.entries(flags))
    if (Reflect.get(options, name) === true) bits |= bit;
  return { offset, length: length ?? most, flags: bits };
}

const requestOf = (path: string | Buffer, { offset, length, flags: bits }: Wish) =>
  [path, offset, length, constants.MAX_LENGTH, bits] as const;

const bySignal = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { signal });

function mapped(path: string | Buffer, mapping: ArrayBuffer): MappedFile {
  return new MappedFile(path.toString(), {
    mode: "mapping",
    mapping,
    buffer: Buffer.from(mapping),
  });
}

function copied(path: string | Buffer, { offset, length }: Wish, bytes: Buffer): MappedFile {
  const buffer = bytes.subarray(offset, Math.min(bytes.length, offset + length));
  return new MappedFile(path.toString(), { mode: "copy", buffer });
}
