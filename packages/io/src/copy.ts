/** copy: copies a file by what moves least, and puts the copy in its place when it is whole. */
import { getSystemErrorName } from "node:util";
import { abortable } from "./abort.ts";
import { copyByFs, copyByFsSync } from "./copy-by-fs.ts";
import type { CopyTransfer } from "./copy-transfer.ts";
import { type CopyProgress, CopyWatch } from "./copy-watch.ts";
import { asIoError } from "./errors.ts";
import type { Abortable } from "./file.ts";
import { native, nativeState, requireNative } from "./native.ts";

type Arguments = [
  from: string | Buffer,
  to: string | Buffer,
  exclusive: boolean,
  reflink: number,
  mode: number,
  progress: BigUint64Array,
];

declare module "./native.ts" {
  interface NativeFunctions {
    /** Bytes, way, and of each way the errno that it was refused with. */
    copy(...call: [...Arguments, abort: Int32Array | undefined]): Promise<number[]>;
    copySync(...call: [...Arguments, abort: undefined]): number[];
  }
}

/** How to copy a file. */
export interface CopyOptions {
  /** Fail with EEXIST when there is something at the target's path. */
  readonly exclusive?: boolean;
  /**
   * Whether the copy may share the source's blocks until one of them is written to: where the file
   * system can ("auto", the default), or fail ("always"), or never.
   */
  readonly reflink?: "auto" | "always" | "never";
  /** The copy's permissions, whatever the umask; by default those of the source (0o777 of them). */
  readonly mode?: number;
}

/** How to copy a file by a promise. */
export interface CopyAsyncOptions extends CopyOptions, Abortable {
  /** Called when something was copied, ten times a second at most; what it throws ends the copy. */
  readonly onProgress?: (progress: CopyProgress) => void;
}

/** By the numbers of native/src/io/copy-bytes.h. */
const mechanisms = ["reflink", "copy_file_range", "sendfile", "read-write"] as const;
const reflinks = ["auto", "always", "never"] as const;
const MODE_OF_SOURCE = -1;
const MOST_PERMISSIONS = 0o777;

/** A copy that was made. */
export interface CopyResult {
  /** The size of the copy. */
  readonly bytes: number;
  /** What moved the bytes, the last of them at least. */
  readonly mechanism: (typeof mechanisms)[number] | "fs";
  /** Why so: one sentence, with what refused to move less. */
  readonly why: string;
}

const reasons: Readonly<Record<(typeof mechanisms)[number], string>> = {
  reflink: "the copy shares the source's blocks, none is moved",
  copy_file_range: "the kernel moves the bytes, within or between its file systems",
  sendfile: "the kernel moves the bytes from its page cache",
  "read-write": "the bytes go through a buffer",
};

/**
 * Copies a file, to where it was before or where nothing was. The copy grows in a file beside the
 * target (`.crossbill-copy-...`) and takes its place when it is whole: until then an existing target
 * is as it was, and when the copy fails or is aborted nothing is left of it. So an existing target
 * becomes another file, with the source's permissions, and if root copies the target's owner; other
 * hard links to the old one keep the old content. A symbolic link to a file stays, and leads to the
 * copy. With `exclusive`, and for pipes and devices, the target itself is written to.
 *
 * What the source grows by meanwhile is not copied. Holes stay holes. A pipe, a device or a file of
 * /proc is copied until its end. Nothing is forced to the disk.
 *
 * @param from - What to copy; symbolic links are followed.
 * @param to - Where the copy belongs, with its name.
 * @returns The bytes copied, and by what.
 * @throws IoError as `fs.copyFile`; ERR_SAME_FILE when both are one file, ERR_TRUNCATED when the
 *   source becomes shorter meanwhile; the signal's reason when it is aborted.
 */
export async function copy(
  from: string | Buffer,
  to: string | Buffer,
  options: CopyAsyncOptions = {},
): Promise<CopyResult> {
  options.signal?.throwIfAborted();
  const transfer = transferOf(from, to, options);
  const progress = new CopyWatch(transfer.progress, options);
  try {
    const result = await moveAsync(transfer, progress.signal);
    progress.tell();
    return result;
  } catch (error) {
    throw failureOf(error, transfer);
  } finally {
    progress.end();
  }
}

/** As `copy`, at once. */
export function copySync(
  from: string | Buffer,
  to: string | Buffer,
  options: CopyOptions = {},
): CopyResult {
  const transfer = transferOf(from, to, options);
  try {
    const part = partFor(transfer);
    if (part === null) return byFs(copyByFsSync(transfer));
    return resultOf(part.copySync(...argumentsOf(transfer), undefined));
  } catch (error) {
    throw failureOf(error, transfer);
  }
}

async function moveAsync(transfer: CopyTransfer, signal: AbortSignal): Promise<CopyResult> {
  const part = partFor(transfer);
  if (part === null) return byFs(await copyByFs(transfer, signal));
  const call = argumentsOf(transfer);
  return resultOf(await abortable(signal, (word) => part.copy(...call, word)));
}

function transferOf(
  from: string | Buffer,
  to: string | Buffer,
  { exclusive = false, reflink = "auto", mode }: CopyOptions,
): CopyTransfer {
  if (!reflinks.includes(reflink))
    throw refusal(`reflink is to be one of ${reflinks.join(", ")}, not ${reflink}`);
  if (mode !== undefined && !(Number.isInteger(mode) && mode >= 0 && mode <= MOST_PERMISSIONS))
    throw refusal(`mode is to be a whole number from 0 to 0o777, not ${mode}`);
  const progress = new BigUint64Array(2);
  return { from, to, exclusive, reflink, mode, progress };
}

const refusal = (message: string) =>
  Object.assign(new RangeError(message), { code: "ERR_OUT_OF_RANGE" });

function argumentsOf({ from, to, exclusive, reflink, mode, progress }: CopyTransfer): Arguments {
  return [from, to, exclusive, reflinks.indexOf(reflink), mode ?? MODE_OF_SOURCE, progress];
}

/** The native part, or null where fs must do; it cannot share blocks and say so. */
const partFor = ({ reflink }: CopyTransfer) =>
  reflink === "always" ? requireNative('a copy with reflink "always"') : native();

function resultOf([bytes = 0, way = 0, ...refusals]: readonly number[]): CopyResult {
  const mechanism = mechanisms[way] ?? "read-write";
  const refused = mechanisms.flatMap((name, index) => {
    const errno = refusals[index] ?? 0;
    return errno === 0 ? [] : [`; ${name}: ${getSystemErrorName(-errno)}`];
  });
  return { bytes, mechanism, why: reasons[mechanism] + refused.join("") };
}

function byFs(bytes: number): CopyResult {
  const state = nativeState();
  return { bytes, mechanism: "fs", why: state.functions === null ? state.reason : "" };
}

/** Named after the file whose failure it is. */
function failureOf(error: unknown, { from, to }: CopyTransfer): unknown {
  if (!(error instanceof Error)) return error;
  const { isTarget, syscall, path } = error as Error & {
    readonly isTarget?: unknown;
    readonly syscall?: unknown;
    readonly path?: unknown;
  };
  // The native part says whose it is; of fs, the path or the call does.
  const isOther = path !== undefined && path !== from.toString();
  const isOfTarget = isTarget === true || syscall === "write" || isOther;
  return asIoError(error, { path: (isOfTarget ? to : from).toString() });
}
