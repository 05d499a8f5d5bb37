/** stat-all: the status of many paths, a block of them at a time in threads of the pool. */
import * as fs from "node:fs";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { abortable } from "./abort.ts";
import { asIoError, type IoError } from "./errors.ts";
import { type NativeFunctions, nativeState } from "./native.ts";
import { type Prices, prices } from "./prices.ts";
import { errnoOf, FileStatus, rowError, StatusColumns } from "./status-columns.ts";

declare module "./native.ts" {
  interface NativeFunctions {
    /** Paths are ended by NUL each; gives their columns. */
    statBatch(
      paths: Uint8Array,
      follow: boolean,
      abort: Int32Array | undefined,
    ): Promise<ArrayBuffer>;
    statBatchSync(paths: Uint8Array, follow: boolean, abort: undefined): ArrayBuffer;
  }
}

/** How to ask for the status of paths, at once. */
export interface StatAllOptions {
  /** Tell of what a symbolic link leads to, as `fs.stat` does (the default), or of the link itself, as `fs.lstat`. */
  readonly followSymlinks?: boolean;
}

/** How paths' statuses were asked for, and why so. */
export interface StatExplanation {
  /** Threads of the pool, this one, or `node:fs`. */
  readonly mechanism: "threads" | "inline" | "fs";
  readonly threads: number;
  /** What it is reckoned to cost when the kernel has all in memory, in nanoseconds of CPU time. */
  readonly estimatedNs: number;
  /** One sentence. */
  readonly why: string;
  readonly prices: Prices["source"];
}

/** One of the paths, with its status, or what went wrong. */
export class PathStatus extends FileStatus {
  readonly path: string | Buffer;

  /** For `Statuses`. */
  constructor(columns: StatusColumns, row: number, path: string | Buffer) {
    super(columns, row);
    this.path = path;
  }

  /** What went wrong with this path, or null. */
  get error(): IoError | null {
    return rowError(this.errno, "stat", this.path);
  }
}

/** The statuses of a list of paths, in its order: as columns, and one by one. */
export class Statuses implements Iterable<PathStatus> {
  readonly paths: readonly (string | Buffer)[];
  readonly columns: StatusColumns;
  readonly #explanation: StatExplanation;

  /** For `statAll`. */
  constructor(
    paths: readonly (string | Buffer)[],
    columns: StatusColumns,
    explanation: StatExplanation,
  ) {
    this.paths = paths;
    this.columns = columns;
    this.#explanation = explanation;
  }

  /** How many paths there are. */
  get length(): number {
    return this.paths.length;
  }

  /** The status of the path at `index`; undefined beyond the list. */
  at(index: number): PathStatus | undefined {
    const path = this.paths[index];
    return path === undefined ? undefined : new PathStatus(this.columns, index, path);
  }

  *[Symbol.iterator](): Generator<PathStatus, void, undefined> {
    for (const [row, path] of this.paths.entries()) yield new PathStatus(this.columns, row, path);
  }

  /** How they were asked for, and why so. */
  explain(): StatExplanation {
    return this.#explanation;
  }
}

/**
 * So many paths at a time: about a millisecond of a thread when their inodes are in memory, and as
 * long at most for making their bytes, which is done in JavaScript's thread.
 */
const BLOCK_PATHS = 512;
/** A status found in memory by a path of a few names costs so many reads of one byte. */
const STATUS_READS = 2.5;
/** Half of the pool's threads as it comes, so that other work passes. */
const MOST_THREADS = 2;
/** What fs is asked for at a time: more than the pool has threads, so that none waits for JavaScript. */
const FS_CONCURRENCY = 8;

const statFile = promisify(fs.stat);
const lstatFile = promisify(fs.lstat);

/**
 * Asks for the status of each path, in as few crossings from JavaScript as can be. What goes wrong
 * with a path is its `error`; the others are not concerned.
 *
 * @param paths - Strings or Buffers; those that are no paths (a NUL inside) are a TypeError.
 * @returns Their statuses in the order of the paths.
 * @throws The signal's reason when it is aborted.
 */
export async function statAll(
  paths: readonly (string | Buffer)[],
  options: StatAllOptions & { readonly signal?: AbortSignal } = {},
): Promise<Statuses> {
  const { followSymlinks = true, signal } = options;
  signal?.throwIfAborted();
  const own = [...paths]; // The caller may change his list meanwhile.
  const part = nativeState().functions;
  const columns = StatusColumns.ofLength(own.length);
  try {
    if (part === null) await statByFs(own, columns, followSymlinks, signal);
    else await abortable(signal, (word) => statByThreads(part, own, columns, followSymlinks, word));
  } catch (error) {
    throw asIoError(error);
  }
  return new Statuses(own, columns, explain(own.length, "threads"));
}

/** As `statAll`, at once, in this thread. */
export function statAllSync(
  paths: readonly (string | Buffer)[],
  options: StatAllOptions = {},
): Statuses {
  const { followSymlinks = true } = options;
  const own = [...paths];
  const part = nativeState().functions;
  const columns = StatusColumns.ofLength(own.length);
  for (let first = 0; first < own.length; first += BLOCK_PATHS) {
    const some = own.slice(first, first + BLOCK_PATHS);
    if (part === null) statSomeSync(some, columns, first, followSymlinks);
    else {
      const block = part.statBatchSync(pack(some, first), followSymlinks, undefined);
      columns.set(rowsOf(some.length, block), first);
    }
  }
  return new Statuses(own, columns, explain(own.length, "inline"));
}

/** As many threads as are of use for so many paths. */
function threadsFor(count: number): number {
  return Math.max(
    1,
    Math.min(MOST_THREADS, availableParallelism(), Math.ceil(count / BLOCK_PATHS)),
  );
}

function explain(count: number, wish: "threads" | "inline"): StatExplanation {
  const state = nativeState();
  const mechanism = state.functions === null ? "fs" : wish;
  const threads = mechanism === "threads" ? threadsFor(count) : 1;
  const whys = {
    threads:
      "threads of their own cost less than io_uring, which hands each status to a worker of the kernel",
    inline: "asked for at once",
    fs: state.functions === null ? state.reason : "",
  };
  const { read, source } = prices();
  const estimatedNs = Math.round(count * STATUS_READS * read);
  return { mechanism, threads, estimatedNs, why: whys[mechanism], prices: source };
}

const rowsOf = (length: number, block: ArrayBuffer) => new StatusColumns(length, block, 0);

async function statByThreads(
  part: NativeFunctions,
  paths: readonly (string | Buffer)[],
  columns: StatusColumns,
  follow: boolean,
  word: Int32Array | undefined,
): Promise<void> {
  let next = 0;
  const asker = async () => {
    while (next < paths.length) {
      const first = next;
      next += BLOCK_PATHS;
      const some = paths.slice(first, next);
      const block = await part.statBatch(pack(some, first), follow, word);
      columns.set(rowsOf(some.length, block), first);
    }
  };
  await Promise.all(Array.from({ length: threadsFor(paths.length) }, asker));
}

/** Paths as the native part takes them, checked. */
function pack(paths: readonly (string | Buffer)[], first: number): Uint8Array {
  let isText = true;
  for (const [index, path] of paths.entries()) {
    check(path, first + index);
    isText &&= typeof path === "string";
  }
  if (paths.length === 0) return new Uint8Array(0);
  if (isText) return Buffer.from(`${paths.join("\0")}\0`);
  const end = Buffer.alloc(1);
  return Buffer.concat(paths.flatMap((path) => [Buffer.from(path), end]));
}

function check(path: unknown, index: number): void {
  const isString = typeof path === "string";
  if (!isString && !(path instanceof Uint8Array))
    throw refusal("ERR_INVALID_ARG_TYPE", index, "is no string or Buffer");
  if (isString ? path.includes("\0") : path.includes(0))
    throw refusal("ERR_INVALID_ARG_VALUE", index, "has a NUL byte inside");
}

function refusal(code: string, index: number, what: string): TypeError {
  return Object.assign(new TypeError(`the path at ${index} ${what}`), { code });
}

function statSomeSync(
  paths: readonly (string | Buffer)[],
  columns: StatusColumns,
  first: number,
  follow: boolean,
): void {
  for (const [index, path] of paths.entries()) {
    check(path, first + index);
    try {
      const ask = follow ? fs.statSync : fs.lstatSync;
      columns.put(first + index, ask(path, { bigint: true }), 0);
    } catch (error) {
      columns.put(first + index, null, errnoOf(error));
    }
  }
}

async function statByFs(
  paths: readonly (string | Buffer)[],
  columns: StatusColumns,
  follow: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  const ask = follow ? statFile : lstatFile;
  const work = paths.entries();
  const asker = async () => {
    for (const [row, path] of work) {
      signal?.throwIfAborted();
      check(path, row);
      try {
        columns.put(row, await ask(path, { bigint: true }), 0);
      } catch (error) {
        columns.put(row, null, errnoOf(error));
      }
    }
  };
  await Promise.all(Array.from({ length: FS_CONCURRENCY }, asker));
}
