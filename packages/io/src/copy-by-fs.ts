/** copy-by-fs: copies a file where the native part is missing; holes become zeros. */
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { CopyTransfer } from "./copy-transfer.ts";
import { IoError } from "./errors.ts";

const CHUNK_BYTES = 1024 * 1024;
const OWNER_ONLY = 0o600;
const PERMISSIONS = 0o777;

/** Where a copy grows, and where it belongs; the same for what is written to as it is. */
interface Place {
  readonly growing: string | Buffer;
  readonly target: string | Buffer;
  /** How to open it, and whether it goes when the copy fails. */
  readonly flags: string;
  readonly isMade: boolean;
  readonly mode: number;
  /** The bytes to copy; null: all until the end. */
  readonly size: number | null;
}

/** Copies, and tells how many bytes; rejects with the signal's reason when it is aborted. */
export async function copyByFs(transfer: CopyTransfer, signal: AbortSignal): Promise<number> {
  const place = placeOf(transfer);
  let moved = 0;
  try {
    // Opened before, as a stream that is given up while it opens would make the file afterwards.
    const made = await open(place.growing, place.flags, OWNER_ONLY);
    const target = made.createWriteStream();
    const source = fs.createReadStream(transfer.from, {
      highWaterMark: CHUNK_BYTES,
      ...(place.size === null ? {} : { end: place.size - 1 }),
    });
    const count = async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        yield chunk;
        moved += chunk.length;
        tell(transfer, moved, place);
      }
    };
    await pipeline(source, count, target, { signal });
    signal.throwIfAborted();
    return keep(transfer, place, moved);
  } catch (error) {
    discard(place, error);
    throw signal.aborted ? signal.reason : error;
  }
}

/** The same at once. */
export function copyByFsSync(transfer: CopyTransfer): number {
  const place = placeOf(transfer);
  try {
    return keep(transfer, place, moveSync(transfer, place));
  } catch (error) {
    discard(place, error);
    throw error;
  }
}

function moveSync(transfer: CopyTransfer, place: Place): number {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  const from = fs.openSync(transfer.from, "r");
  try {
    const to = fs.openSync(place.growing, place.flags, OWNER_ONLY);
    try {
      let moved = 0;
      while (moved < (place.size ?? Infinity)) {
        const most = Math.min(CHUNK_BYTES, (place.size ?? Infinity) - moved);
        const got = fs.readSync(from, buffer, 0, most, null);
        if (got === 0) break;
        for (let at = 0; at < got; ) at += fs.writeSync(to, buffer, at, got - at);
        moved += got;
      }
      return moved;
    } finally {
      fs.closeSync(to);
    }
  } finally {
    fs.closeSync(from);
  }
}

function tell({ progress }: CopyTransfer, moved: number, { size }: Place): void {
  Atomics.store(progress, 0, BigInt(moved));
  Atomics.store(progress, 1, BigInt(size ?? 0));
}

function placeOf({ from, to, exclusive, mode }: CopyTransfer): Place {
  const source = fs.statSync(from);
  if (source.isDirectory()) throw isFolder(from);
  const size = source.isFile() && source.size > 0 ? source.size : null;
  const shared = { size, mode: mode ?? source.mode & PERMISSIONS };
  if (exclusive) return { ...shared, growing: to, target: to, flags: "wx", isMade: true };
  const existing = fs.statSync(to, { throwIfNoEntry: false });
  if (existing === undefined) return { ...shared, ...besides(to) };
  if (existing.isDirectory()) throw isFolder(to);
  if (!existing.isFile()) return { ...shared, growing: to, target: to, flags: "r+", isMade: false };
  if (existing.dev === source.dev && existing.ino === source.ino) throw sameFile(from);
  fs.accessSync(to, fs.constants.W_OK); // Who may not write to a file is not to replace it.
  return { ...shared, ...besides(fs.realpathSync.native(to, "buffer")) };
}

/** A name of its own in the target's folder. As latin1, a path of any bytes is kept. */
function besides(target: string | Buffer) {
  const name = `.crossbill-copy-${randomBytes(6).toString("hex")}`;
  const growing =
    typeof target === "string"
      ? join(dirname(target), name)
      : Buffer.from(join(dirname(target.toString("latin1")), name), "latin1");
  return { growing, target, flags: "wx", isMade: true };
}

function keep({ from }: CopyTransfer, place: Place, moved: number): number {
  if (moved < (place.size ?? 0) && fs.statSync(from).size < (place.size ?? 0))
    throw new IoError(
      "ERR_TRUNCATED",
      "ERR_TRUNCATED: the file became shorter while it was read, copy",
    );
  if (place.isMade) fs.chmodSync(place.growing, place.mode);
  if (place.growing !== place.target) fs.renameSync(place.growing, place.target);
  return moved;
}

/** Takes away what was made; what was there before is not ours to take. */
function discard({ growing, isMade }: Place, error: unknown): void {
  const isExisting = error instanceof Error && "code" in error && error.code === "EEXIST";
  if (isMade && !isExisting) fs.rmSync(growing, { force: true });
}

const isFolder = (path: string | Buffer) =>
  new IoError("EISDIR", `EISDIR: it is a folder, copy '${path.toString()}'`, {
    path: path.toString(),
  });

const sameFile = (path: string | Buffer) =>
  new IoError("ERR_SAME_FILE", "ERR_SAME_FILE: source and target are the same file, copy", {
    path: path.toString(),
  });
