/** walk-batch: a few thousand entries of a tree of folders, in columns; one by one when asked. */
import type { IoError } from "./errors.ts";
import { FileStatus, rowError, type StatusColumns } from "./status-columns.ts";
import { Names, type Naming } from "./walk-names.ts";

/** A batch as it was found: bytes. */
export interface WalkFound {
  readonly columns: StatusColumns;
  /** Each ended by NUL, which is where `nameEnds` points. */
  readonly names: Buffer;
  readonly nameEnds: Uint32Array;
  /** Four numbers a run: its first entry, their depth, where their folder's path begins and ends. */
  readonly runs: Uint32Array;
  /** Of folders, relative to the root. */
  readonly paths: Buffer;
}

/** Numbers of a run. */
export const RUN_NUMBERS = 4;

/** Entries of one folder, one behind the other. */
interface Run {
  readonly first: number;
  readonly end: number;
  readonly depth: number;
  /** Its path, relative to the root. */
  readonly folder: Buffer;
}

/** A few thousand entries of a walk. */
export class WalkBatch<Path extends string | Buffer> implements Iterable<WalkEntry<Path>> {
  /** Sizes and all else that is known of them. */
  readonly columns: StatusColumns;
  readonly #names: Names;
  readonly #runs: Uint32Array;
  readonly #paths: Buffer;
  readonly #naming: Naming<Path>;
  #run: Run | undefined;

  /** For `walk`. */
  constructor({ columns, names, nameEnds, runs, paths }: WalkFound, naming: Naming<Path>) {
    this.columns = columns;
    this.#names = new Names(names, nameEnds);
    this.#runs = runs;
    this.#paths = paths;
    this.#naming = naming;
  }

  /** How many entries there are. */
  get length(): number {
    return this.columns.length;
  }

  /** The entry at `index`; undefined beyond the batch. */
  at(index: number): WalkEntry<Path> | undefined {
    return index >= 0 && index < this.length ? new WalkEntry(this, index) : undefined;
  }

  /** The name of the entry at `index`. */
  name(index: number): Path {
    return this.#naming.name(this.#names, index);
  }

  /** The path of the entry at `index`, which begins with the root as it was given. */
  path(index: number): Path {
    const { depth, folder } = this.#runOf(index);
    // The root is told only to say that reading it failed half way.
    return depth === 0 ? this.#naming.root : this.#naming.path(folder, this.#names, index);
  }

  /** How deep the entry at `index` is: 1 for those in the root. */
  depth(index: number): number {
    return this.#runOf(index).depth;
  }

  *[Symbol.iterator](): Generator<WalkEntry<Path>, void, undefined> {
    for (let index = 0; index < this.length; index++) yield new WalkEntry(this, index);
  }

  #runOf(index: number): Run {
    const run = this.#run;
    if (run !== undefined && index >= run.first && index < run.end) return run;
    this.#run = this.#findRun(index);
    return this.#run;
  }

  /** The last run that begins at or before the entry. */
  #findRun(index: number): Run {
    const runs = this.#runs;
    let low = 0;
    let high = runs.length / RUN_NUMBERS;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((runs[middle * RUN_NUMBERS] ?? 0) <= index) low = middle;
      else high = middle;
    }
    const at = low * RUN_NUMBERS;
    return {
      first: runs[at] ?? 0,
      end: runs[at + RUN_NUMBERS] ?? this.length,
      depth: runs[at + 1] ?? 0,
      folder: this.#paths.subarray(runs[at + 2], runs[at + 3]),
    };
  }
}

/** One entry of a tree, as `lstat` tells of it (or `stat`, where links are followed). */
export class WalkEntry<Path extends string | Buffer> extends FileStatus {
  readonly #batch: WalkBatch<Path>;
  readonly #index: number;

  /** For `WalkBatch`. */
  constructor(batch: WalkBatch<Path>, index: number) {
    super(batch.columns, index);
    this.#batch = batch;
    this.#index = index;
  }

  /** Beginning with the root as it was given; a Buffer where its bytes are not UTF-8. */
  get path(): Path {
    return this.#batch.path(this.#index);
  }

  /** The last part of the path. */
  get name(): Path {
    return this.#batch.name(this.#index);
  }

  /** 1 for the entries of the root. */
  get depth(): number {
    return this.#batch.depth(this.#index);
  }

  /**
   * What went wrong with this entry, or null. A folder that cannot be read has its status and the
   * error; a link that leads nowhere, if links are followed, has the status of the link. A folder
   * whose reading fails half way is told a second time, with the error.
   */
  get error(): IoError | null {
    return rowError(this.errno, this.isDirectory() ? "scandir" : "stat", this.path);
  }
}
