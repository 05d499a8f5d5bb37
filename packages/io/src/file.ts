/** file: an open file of which thousands of pieces are read or written in one call. */
import * as fs from "node:fs";
import { constants } from "node:os";
import { promisify } from "node:util";
import { type Choice, chooseMechanism, type Explanation, type Mechanism } from "./choice.ts";
import { Descriptor } from "./descriptor.ts";
import { asIoError, IoError } from "./errors.ts";
import { refuseResizable } from "./held-memory.ts";
import { native, nativeState } from "./native.ts";
import { prices } from "./prices.ts";
import {
  copyRanges,
  dropPieces,
  type Pieces,
  type Ranges,
  readLengths,
  readRanges,
} from "./ranges.ts";
import { type Move, moveAsync, moveSync, type View } from "./scatter.ts";
import { FileSituation } from "./situation.ts";

/** How to open a file. */
export interface OpenOptions {
  /**
   * As in `fs.open`: "r" (the default), "r+", "w+", "wx+", or a number of `fs.constants`. With
   * O_DIRECT pieces need no alignment: they go by aligned memory of at most 8 MiB for a call.
   */
  readonly flags?: string | number;
  /** Of a file that is made; 0o666 less the umask by default. */
  readonly mode?: number;
}

/** How to read pieces. */
export interface ScatterOptions {
  /** Read by this mechanism, whatever it costs; by default the cheapest. */
  readonly mechanism?: Mechanism;
  /** Filled with the bytes delivered of each piece: fewer than asked at the end of the file. */
  readonly lengths?: Float64Array;
}

/** Memory to read into or write from: one Buffer, pieces back to back, or one for each piece. */
export type Memory<Bytes extends Uint8Array = Uint8Array> = Bytes | readonly Bytes[];

/** How an operation can be ended early. */
export interface Abortable {
  /** Ends the operation early; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How to read pieces by a promise. */
export type ReadOptions = ScatterOptions & Abortable;

/** A reading prepared: what is chosen, and where the bytes go. */
interface Reading {
  readonly move: Move;
  readonly choice: Choice;
}

/** So little work is done at once: a thread of the pool would cost more. */
const INLINE_NS = 50_000;
/** All of so few pieces were seen in the page cache, not only samples of them. */
const INLINE_PIECES = 64;

/** An open file. Made by `open` or `openSync`; to be closed by `close`, `using` or `await using`. */
export class File implements AsyncDisposable, Disposable {
  readonly #descriptor: Descriptor;
  readonly #situation: FileSituation;
  readonly #isDirect: boolean;
  #last: Explanation | null = null;

  /** For `open` and `openSync`. */
  constructor(fd: number, path: string, flags: string | number) {
    this.#descriptor = new Descriptor(fd, path);
    this.#isDirect = isDirect(flags);
    this.#situation = new FileSituation(this.#isDirect);
  }

  /** The path that it was opened with. */
  get path(): string {
    return this.#descriptor.path;
  }

  /**
   * Reads pieces of the file, in the order given: they may overlap, lie in any order, be empty.
   * Bytes past the end of the file, as it was when the call was made, are not delivered.
   *
   * Without `into`, resolves to one Buffer of exactly the bytes delivered, back to back. With one
   * Buffer as `into`, fills that back to back; with an array of as many Buffers as pieces, fills
   * each from its start; resolves to the bytes delivered. The Buffers are not to be used meanwhile,
   * nor their memory transferred, as for `fs.read`; memory of resizable ArrayBuffers is refused.
   * The list may be changed at once, unless it has more than 65,536 pieces: those are read in turns.
   *
   * Rejects with ERR_TRUNCATED when the file becomes shorter meanwhile.
   */
  readScatter(ranges: Ranges, into?: undefined, options?: ReadOptions): Promise<Buffer>;
  readScatter(ranges: Ranges, into: Memory, options?: ReadOptions): Promise<number>;
  async readScatter(
    ranges: Ranges,
    into?: Memory,
    options: ReadOptions = {},
  ): Promise<Buffer | number> {
    const { signal, mechanism } = options;
    signal?.throwIfAborted();
    if (into !== undefined) refuseResizable(into);
    return await this.#failing(() =>
      this.#descriptor.useAsync(async (fd) => {
        const size = sizeOf(fd);
        const pieces = await copyRanges(ranges, size);
        const { move, choice } = this.#prepare(fd, size, pieces, into, options);
        try {
          const isInline = isShort(choice) && move.pieces.count <= INLINE_PIECES;
          const bytes = isInline ? moveSync(move) : await moveAsync(move, signal);
          return this.#deliver(move, choice, into, bytes);
        } catch (error) {
          this.#refuseUring(error, choice, mechanism);
        }
        const { move: next, choice: second } = this.#prepare(fd, size, pieces, into, options);
        return this.#deliver(next, second, into, await moveAsync(next, signal));
      }),
    );
  }

  /** As `readScatter`, at once. */
  readScatterSync(ranges: Ranges, into?: undefined, options?: ScatterOptions): Buffer;
  readScatterSync(ranges: Ranges, into: Memory, options?: ScatterOptions): number;
  readScatterSync(ranges: Ranges, into?: Memory, options: ScatterOptions = {}): Buffer | number {
    return this.#failingSync(() =>
      this.#descriptor.use((fd) => {
        const size = sizeOf(fd);
        const pieces = readRanges(ranges, size);
        const { move, choice } = this.#prepare(fd, size, pieces, into, options);
        try {
          return this.#deliver(move, choice, into, moveSync(move));
        } catch (error) {
          this.#refuseUring(error, choice, options.mechanism);
        }
        const { move: next, choice: second } = this.#prepare(fd, size, pieces, into, options);
        return this.#deliver(next, second, into, moveSync(next));
      }),
    );
  }

  /**
   * Writes pieces to their places in the file, in the order given: where they overlap, the later
   * wins. `from` holds them back to back, or is an array with each piece at the start of its own
   * Buffer. Resolves to the bytes written, which are all. When it fails, the error's `bytesWritten`
   * tells how many bytes, in the order given, are in the file.
   */
  async writeGather(ranges: Ranges, from: Memory, options: Abortable = {}): Promise<number> {
    options.signal?.throwIfAborted();
    refuseResizable(from);
    return await this.#failing(() =>
      this.#descriptor.useAsync(async (fd) => {
        const move = writing(fd, await copyRanges(ranges, UNCUT), from, this.#isDirect);
        const written = await moveAsync(move, options.signal);
        dropPieces(move.pieces);
        return written;
      }),
    );
  }

  /** As `writeGather`, at once. */
  writeGatherSync(ranges: Ranges, from: Memory): number {
    return this.#failingSync(() =>
      this.#descriptor.use((fd) => {
        const move = writing(fd, readRanges(ranges, UNCUT), from, this.#isDirect);
        const written = moveSync(move);
        dropPieces(move.pieces);
        return written;
      }),
    );
  }

  /** Which mechanism these pieces would be read by now, and why; without `ranges`, the last call's. */
  explain(ranges?: Ranges): Explanation | null {
    if (ranges === undefined) return this.#last;
    return this.#failingSync(() =>
      this.#descriptor.use((fd) => {
        const size = sizeOf(fd);
        const pieces = readRanges(ranges, size);
        const choice = this.#choose(fd, pieces, size, undefined);
        dropPieces(pieces);
        return explanation(choice);
      }),
    );
  }

  /** Closes the file when the operations under way have ended; later ones fail with ERR_CLOSED. */
  async close(): Promise<void> {
    await this.#failing(() => this.#descriptor.close());
    this.#situation.forget();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Closes at once, or when the operations under way have ended. */
  [Symbol.dispose](): void {
    void this.close();
  }

  #choose(fd: number, pieces: Pieces, size: number, forced: Mechanism | undefined): Choice {
    const reason = nativeState().functions === null ? "no native part" : null;
    if (forced === undefined && reason === null)
      return chooseMechanism(this.#situation.look(fd, pieces, size), prices());
    const mechanism = reason === null && forced !== undefined ? forced : "fs";
    const why = reason === null ? "asked for by the caller" : nativeReason();
    const unknown = { estimatedNs: null, resident: null, populate: false, regretNs: 0 };
    return { mechanism, why, prices: prices().source, ...unknown };
  }

  #prepare(
    fd: number,
    size: number,
    pieces: Pieces,
    into: Memory | undefined,
    options: ScatterOptions,
  ): Reading {
    if (options.lengths !== undefined) readLengths(pieces, size, options.lengths);
    let choice = this.#choose(fd, pieces, size, options.mechanism);
    let view: View | undefined;
    if (choice.mechanism === "mapping" && pieces.bytes > 0) {
      try {
        view = this.#situation.view(fd, size);
      } catch (error) {
        if (options.mechanism !== undefined) throw error;
        this.#situation.refuse("mapping", messageOf(error));
        choice = this.#choose(fd, pieces, size, undefined);
      }
    }
    this.#last = explanation(choice);
    const memory = into ?? Buffer.allocUnsafeSlow(pieces.bytes);
    const { mechanism, populate } = choice;
    const isFresh = into === undefined;
    const move = { fd, size, pieces, memory, mechanism, view, populate, isFresh };
    return { choice, move: { ...move, isDirect: this.#isDirect } };
  }

  /** What the caller gets: the Buffer that was made for him, or how much is in his own. */
  #deliver(move: Move, choice: Choice, into: Memory | undefined, bytes: number): Buffer | number {
    this.#situation.learn(choice, move.size);
    dropPieces(move.pieces);
    return into === undefined && move.memory instanceof Buffer ? move.memory : bytes;
  }

  /** Notes that there is no io_uring here, so that the next choice is another; else throws. */
  #refuseUring(error: unknown, choice: Choice, forced: Mechanism | undefined): void {
    const errno = error instanceof Error && "errno" in error ? error.errno : undefined;
    const isRefused = choice.mechanism === "uring" && refusals.has(Number(errno));
    if (!isRefused || forced !== undefined) throw error;
    this.#situation.refuse("uring", `io_uring is refused (${messageOf(error)})`);
  }

  async #failing<Result>(call: () => Promise<Result>): Promise<Result> {
    try {
      return await call();
    } catch (error) {
      throw asIoError(error, { path: this.path });
    }
  }

  #failingSync<Result>(call: () => Result): Result {
    try {
      return call();
    } catch (error) {
      throw asIoError(error, { path: this.path });
    }
  }
}

/** No io_uring, or not for us: kernel.io_uring_disabled, a seccomp filter, no memory to lock. */
const refusals = new Set(
  ["ENOSYS", "EPERM", "EACCES", "EINVAL", "ENOMEM", "EOPNOTSUPP", "EMFILE", "ENFILE"].map(
    (name) => -(Object.getOwnPropertyDescriptor(constants.errno, name)?.value ?? 0),
  ),
);

const isShort = ({ resident, estimatedNs }: Choice) =>
  resident === 1 && estimatedNs !== null && estimatedNs <= INLINE_NS;

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function nativeReason(): string {
  const state = nativeState();
  return state.functions === null ? state.reason : "";
}

function explanation(choice: Choice): Explanation {
  const { mechanism, estimatedNs, resident, why } = choice;
  return { mechanism, estimatedNs, resident, why, prices: choice.prices };
}

function sizeOf(fd: number): number {
  return native()?.fileSize(fd) ?? fs.fstatSync(fd).size;
}

/** A file grows by what is written to it: pieces are cut nowhere. */
const UNCUT = Number.MAX_SAFE_INTEGER;

function writing(fd: number, pieces: Pieces, from: Memory, direct: boolean): Move {
  return { fd, size: UNCUT, pieces, memory: from, mechanism: "pwrite", isDirect: direct };
}

/** The kinds of files that have no places to read from. */
function refuseKind(status: fs.Stats, path: string): void {
  if (status.isFile()) return;
  if (status.isDirectory())
    throw new IoError("EISDIR", `EISDIR: it is a folder, open '${path}'`, { path });
  throw new IoError("ERR_NOT_A_FILE", `ERR_NOT_A_FILE: it is no regular file, open '${path}'`, {
    path,
  });
}

/** O_DIRECT; 0 where the system has none. */
const DIRECT = fs.constants.O_DIRECT ?? 0;

const isDirect = (flags: string | number) => typeof flags === "number" && (flags & DIRECT) !== 0;

/** Without the native part, which has memory as O_DIRECT asks for, the page cache must do. */
function flagsOf({ flags = "r" }: OpenOptions): string | number {
  // Loaded here, while there are descriptors to load it with.
  const hasNative = nativeState().functions !== null;
  return hasNative || typeof flags === "string" ? flags : flags & ~DIRECT;
}

const openFile = promisify(fs.open);
const statFile = promisify<number, fs.Stats>(fs.fstat);
const closeFile = promisify(fs.close);

/** Opens a regular file. Fails as `fs.open` does, and for what is no regular file. */
export async function open(path: string | Buffer, options: OpenOptions = {}): Promise<File> {
  const name = path.toString();
  const flags = flagsOf(options);
  try {
    const fd = await openFile(path, flags, options.mode ?? 0o666);
    try {
      refuseKind(await statFile(fd), name);
    } catch (error) {
      await closeFile(fd);
      throw error;
    }
    return new File(fd, name, flags);
  } catch (error) {
    throw asIoError(error, { path: name });
  }
}

/** As `open`, at once. */
export function openSync(path: string | Buffer, options: OpenOptions = {}): File {
  const name = path.toString();
  const flags = flagsOf(options);
  try {
    const fd = fs.openSync(path, flags, options.mode ?? 0o666);
    try {
      refuseKind(fs.fstatSync(fd), name);
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
    return new File(fd, name, flags);
  } catch (error) {
    throw asIoError(error, { path: name });
  }
}
