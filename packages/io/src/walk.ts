/** walk: a tree of folders with the status of all that is in it, streamed. */
import { availableParallelism } from "node:os";
import { BatchItems } from "./batch-items.ts";
import { asIoError } from "./errors.ts";
import { nativeState } from "./native.ts";
import { WalkBatch, type WalkEntry } from "./walk-batch.ts";
import { walkByFs } from "./walk-fs.ts";
import { BytesNaming, type Naming, TextNaming } from "./walk-names.ts";
import { type WalkPlan, walkByNative } from "./walk-native.ts";

/** How to walk a tree of folders. */
export interface WalkOptions {
  /** "buffer" gives all names and paths as Buffers; else only those that are not UTF-8 are. */
  readonly encoding?: "utf8" | "buffer";
  /**
   * Tell of what symbolic links lead to, and enter folders by them. A folder that is in itself is
   * told with the error ELOOP, and not entered. By default links are told as links.
   */
  readonly followSymlinks?: boolean;
  /** Do not enter what another file system is mounted on; it is told. */
  readonly sameFileSystem?: boolean;
  /** How deep to tell entries: 1 for those of the root alone, as `readdir` does; no end by default. */
  readonly depth?: number;
  /** By the bytes of their names, what is in a folder right behind it. Takes one thread. */
  readonly sorted?: boolean;
  /** Ends the walk with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How a tree is walked, and why so. */
export interface WalkExplanation {
  /** Threads of the pool, or `node:fs`. */
  readonly mechanism: "threads" | "fs";
  readonly threads: number;
  /** Not known before the tree is. */
  readonly estimatedNs: null;
  /** One sentence. */
  readonly why: string;
}

/** A tree of folders; each iteration walks it anew, and stops when it is left. */
export class Walk<Path extends string | Buffer> implements AsyncIterable<WalkEntry<Path>> {
  readonly #naming: Naming<Path>;
  readonly #plan: WalkPlan;

  /** For `walk`. */
  constructor(naming: Naming<Path>, options: WalkOptions) {
    const { followSymlinks = false, sameFileSystem = false, sorted = false, signal } = options;
    const { depth = Number.POSITIVE_INFINITY } = options;
    this.#naming = naming;
    const threads = sorted ? 1 : Math.min(MOST_THREADS, availableParallelism());
    const shared = { followSymlinks, sameFileSystem, sorted, depth, threads, signal };
    this.#plan = { root: naming.bytes, ...shared };
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<WalkEntry<Path>> {
    return new BatchItems(this.batches());
  }

  /** The same some thousand at a time, in columns: cheaper where not each path is needed. */
  async *batches(): AsyncGenerator<WalkBatch<Path>, void, undefined> {
    const part = nativeState().functions;
    try {
      const batches = part === null ? walkByFs(this.#plan) : walkByNative(part, this.#plan);
      for await (const found of batches) yield new WalkBatch(found, this.#naming);
    } catch (error) {
      throw asIoError(error, { path: this.#plan.root.toString() });
    }
  }

  /** How it is walked, and why so. */
  explain(): WalkExplanation {
    const state = nativeState();
    if (state.functions === null)
      return { mechanism: "fs", threads: 1, estimatedNs: null, why: state.reason };
    const { threads, sorted } = this.#plan;
    const why = sorted
      ? "an order is kept by one thread"
      : "a thread for each processor, two at most, so that other work of the pool passes";
    return { mechanism: "threads", threads, estimatedNs: null, why };
  }
}

/** Half of the pool's threads as it comes. */
const MOST_THREADS = 2;

/**
 * Walks a tree of folders and tells of each entry what `lstat` does, in batches made ahead in threads
 * of the pool. The root itself is not among the entries. What fails with an entry is its `error`.
 *
 * @param root - A folder, as a string or a Buffer; a link to one is followed.
 * @returns An async iterable of entries; `batches()` gives them some thousand at a time.
 * @throws When it is iterated: what `readdir` of the root would, or the signal's reason.
 */
export function walk(
  root: string | Buffer,
  options: WalkOptions & { readonly encoding: "buffer" },
): Walk<Buffer>;
export function walk(root: string | Buffer, options?: WalkOptions): Walk<string | Buffer>;
export function walk(
  root: string | Buffer,
  options: WalkOptions = {},
): Walk<Buffer> | Walk<string | Buffer> {
  refuseRoot(root);
  const { depth = 1 } = options;
  if (!(depth === Number.POSITIVE_INFINITY || (Number.isInteger(depth) && depth >= 1)))
    throw new RangeError("depth must be a whole number from 1 on, or Infinity");
  if (options.encoding === "buffer") return new Walk(new BytesNaming(root), options);
  return new Walk(new TextNaming(root), options);
}

function refuseRoot(root: unknown): void {
  const isPath = typeof root === "string" || root instanceof Uint8Array;
  const code = isPath ? "ERR_INVALID_ARG_VALUE" : "ERR_INVALID_ARG_TYPE";
  if (isPath && root.length > 0 && !Buffer.from(root).includes(0)) return;
  const message = "the root must be a path, as a string or a Buffer, without a NUL byte inside";
  throw Object.assign(new TypeError(message), { code });
}
