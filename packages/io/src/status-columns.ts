/** status-columns: what statx tells of many files, a typed array for each field; one file at a time when asked. */
import type * as fs from "node:fs";
import { constants } from "node:fs";
import { IoError, systemError } from "./errors.ts";

/** Bytes of a row; the layout is that of native/src/io/status-columns.h. */
const WIDE_BYTES = 8;
const NARROW_BYTES = 4;
const WIDE_COLUMNS = 8;
const NARROW_COLUMNS = 5;
/** What one row of all columns takes, in bytes. */
const STATUS_BYTES = WIDE_COLUMNS * WIDE_BYTES + NARROW_COLUMNS * NARROW_BYTES;

/** The fields of `fs.Stats` that a file's row has. */
type Fields = Pick<
  fs.Stats,
  | "size"
  | "blocks"
  | "atimeMs"
  | "mtimeMs"
  | "ctimeMs"
  | "birthtimeMs"
  | "dev"
  | "mode"
  | "nlink"
  | "uid"
  | "gid"
>;

/** A column for each field of a file's status, with a row for each file. */
export class StatusColumns {
  /** How many rows there are. */
  readonly length: number;
  /** Bytes. */
  readonly sizes: Float64Array;
  /** Allocated on the disk, in units of 512 bytes. */
  readonly blocks: Float64Array;
  /** Times are milliseconds since 1970, with fractions, as in `fs.Stats`. */
  readonly atimesMs: Float64Array;
  readonly mtimesMs: Float64Array;
  readonly ctimesMs: Float64Array;
  readonly birthtimesMs: Float64Array;
  readonly devices: Float64Array;
  readonly inodes: BigUint64Array;
  /** Kind and permissions, as `mode` of `fs.Stats`. */
  readonly modes: Uint32Array;
  readonly links: Uint32Array;
  readonly uids: Uint32Array;
  readonly gids: Uint32Array;
  /** 0, or what went wrong with this file, as a negative errno. */
  readonly errors: Int32Array;

  /** Over the columns in `block`, one behind the other, from `offset` on. */
  constructor(length: number, block: ArrayBuffer, offset: number) {
    this.length = length;
    const wide = (column: number) =>
      new Float64Array(block, offset + column * length * WIDE_BYTES, length);
    const narrowAt = offset + WIDE_COLUMNS * length * WIDE_BYTES;
    const narrow = (column: number) =>
      new Uint32Array(block, narrowAt + column * length * NARROW_BYTES, length);
    this.sizes = wide(0);
    this.blocks = wide(1);
    this.atimesMs = wide(2);
    this.mtimesMs = wide(3);
    this.ctimesMs = wide(4);
    this.birthtimesMs = wide(5);
    this.devices = wide(6);
    this.inodes = new BigUint64Array(block, wide(7).byteOffset, length);
    this.modes = narrow(0);
    this.links = narrow(1);
    this.uids = narrow(2);
    this.gids = narrow(3);
    this.errors = new Int32Array(block, narrow(4).byteOffset, length);
  }

  /** Columns of their own, all zero. */
  static ofLength(length: number): StatusColumns {
    return new StatusColumns(length, new ArrayBuffer(length * STATUS_BYTES), 0);
  }

  /** What all columns take. */
  get byteLength(): number {
    return this.length * STATUS_BYTES;
  }

  /** Copies another's rows to `row` and those behind it. */
  set(rows: StatusColumns, row: number): void {
    this.sizes.set(rows.sizes, row);
    this.blocks.set(rows.blocks, row);
    this.atimesMs.set(rows.atimesMs, row);
    this.mtimesMs.set(rows.mtimesMs, row);
    this.ctimesMs.set(rows.ctimesMs, row);
    this.birthtimesMs.set(rows.birthtimesMs, row);
    this.devices.set(rows.devices, row);
    this.inodes.set(rows.inodes, row);
    this.modes.set(rows.modes, row);
    this.links.set(rows.links, row);
    this.uids.set(rows.uids, row);
    this.gids.set(rows.gids, row);
    this.errors.set(rows.errors, row);
  }

  /** Fills a row with what fs says of a file. */
  put(row: number, status: fs.BigIntStats | null, errno: number): void {
    this.errors[row] = errno;
    if (status === null) return;
    this.sizes[row] = Number(status.size);
    this.blocks[row] = Number(status.blocks);
    this.atimesMs[row] = milliseconds(status.atimeNs);
    this.mtimesMs[row] = milliseconds(status.mtimeNs);
    this.ctimesMs[row] = milliseconds(status.ctimeNs);
    this.birthtimesMs[row] = milliseconds(status.birthtimeNs);
    this.devices[row] = Number(status.dev);
    this.inodes[row] = status.ino;
    this.modes[row] = Number(status.mode);
    this.links[row] = Number(status.nlink);
    this.uids[row] = Number(status.uid);
    this.gids[row] = Number(status.gid);
  }
}

const NS_PER_SECOND = 1_000_000_000n;

/** Rounded as fs rounds: seconds and the rest apart. */
function milliseconds(ns: bigint): number {
  let rest = ns % NS_PER_SECOND;
  if (rest < 0n) rest += NS_PER_SECOND;
  return Number((ns - rest) / NS_PER_SECOND) * 1000 + Number(rest) / 1e6;
}

/** What is known of one file; reads its row when asked, so that a file costs next to nothing. */
export class FileStatus implements Fields {
  readonly #columns: StatusColumns;
  readonly #row: number;

  /** The given row of some columns. */
  constructor(columns: StatusColumns, row: number) {
    this.#columns = columns;
    this.#row = row;
  }

  /** Bytes. */
  get size(): number {
    return this.#columns.sizes[this.#row] ?? 0;
  }
  get blocks(): number {
    return this.#columns.blocks[this.#row] ?? 0;
  }
  get atimeMs(): number {
    return this.#columns.atimesMs[this.#row] ?? 0;
  }
  get mtimeMs(): number {
    return this.#columns.mtimesMs[this.#row] ?? 0;
  }
  get ctimeMs(): number {
    return this.#columns.ctimesMs[this.#row] ?? 0;
  }
  get birthtimeMs(): number {
    return this.#columns.birthtimesMs[this.#row] ?? 0;
  }
  get dev(): number {
    return this.#columns.devices[this.#row] ?? 0;
  }
  /** Exact, where `ino` of `fs.Stats` is rounded. */
  get ino(): bigint {
    return this.#columns.inodes[this.#row] ?? 0n;
  }
  get mode(): number {
    return this.#columns.modes[this.#row] ?? 0;
  }
  get nlink(): number {
    return this.#columns.links[this.#row] ?? 0;
  }
  get uid(): number {
    return this.#columns.uids[this.#row] ?? 0;
  }
  get gid(): number {
    return this.#columns.gids[this.#row] ?? 0;
  }
  /** 0, or what went wrong, as a negative errno. */
  get errno(): number {
    return this.#columns.errors[this.#row] ?? 0;
  }

  isFile(): boolean {
    return this.#isKind(constants.S_IFREG);
  }
  isDirectory(): boolean {
    return this.#isKind(constants.S_IFDIR);
  }
  isSymbolicLink(): boolean {
    return this.#isKind(constants.S_IFLNK);
  }
  isFIFO(): boolean {
    return this.#isKind(constants.S_IFIFO);
  }
  isSocket(): boolean {
    return this.#isKind(constants.S_IFSOCK);
  }
  isBlockDevice(): boolean {
    return this.#isKind(constants.S_IFBLK);
  }
  isCharacterDevice(): boolean {
    return this.#isKind(constants.S_IFCHR);
  }

  #isKind(kind: number): boolean {
    return (this.mode & constants.S_IFMT) === kind;
  }
}

/** The negative errno of what fs threw, for a row; what is no system's failure is thrown on. */
export function errnoOf(thrown: unknown): number {
  const errno = thrown instanceof Error && "errno" in thrown ? thrown.errno : undefined;
  if (typeof errno !== "number" || errno >= 0) throw thrown;
  return errno;
}

/** The IoError for a row's errno; null for none. */
export function rowError(errno: number, syscall: string, path: string | Buffer): IoError | null {
  return errno === 0 ? null : systemError(errno, syscall, { path: path.toString() });
}
