/** errors: the one class of error of this package, with the codes that fs has and a few more. */
import { getSystemErrorMap } from "node:util";

/** What no errno says; the numbers are those of native/src/io/failure.h. */
const ownErrors = new Map<number, { code: string; message: string }>([
  [-10001, { code: "ERR_TRUNCATED", message: "the file became shorter while it was read" }],
  [-10002, { code: "ERR_PEER_DIED", message: "the process at the other end has ended" }],
  [-10003, { code: "ERR_TOO_LARGE", message: "it has more bytes than are allowed" }],
  [-10005, { code: "ERR_NOT_MAPPABLE", message: "it has no size to map" }],
  [-10020, { code: "ERR_SAME_FILE", message: "source and target are the same file" }],
]);

/** What is known of a failure beside its code. */
export interface IoErrorDetails {
  /** Negative, as in the errors of `node:fs`. */
  readonly errno?: number | undefined;
  readonly syscall?: string | undefined;
  readonly path?: string | undefined;
  /** How many bytes were written before the failure; those are in the file, in the order asked for. */
  readonly bytesWritten?: number | undefined;
  readonly cause?: unknown;
}

/** A failure of this package. `code` is stable: "ENOENT" and the like as in `node:fs`, or "ERR_...". */
export class IoError extends Error {
  static {
    Object.defineProperty(this.prototype, "name", { value: "IoError", writable: true });
  }
  readonly code: string;
  declare readonly errno?: number;
  declare readonly syscall?: string;
  declare readonly path?: string;
  declare readonly bytesWritten?: number;

  constructor(code: string, message: string, details: IoErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    if (details.errno !== undefined) this.errno = details.errno;
    if (details.syscall !== undefined) this.syscall = details.syscall;
    if (details.path !== undefined) this.path = details.path;
    if (details.bytesWritten !== undefined) this.bytesWritten = details.bytesWritten;
  }
}

/** The IoError for a negative errno, worded as Node words it: "ENOENT: no such file, open 'x'". */
export function systemError(errno: number, syscall: string, details: IoErrorDetails = {}): IoError {
  const own = ownErrors.get(errno);
  const [name, meaning] = getSystemErrorMap().get(errno) ?? ["EUNKNOWN", "failed"];
  const code = own?.code ?? name;
  const text = own?.message ?? (details.cause instanceof Error ? details.cause.message : meaning);
  const place = details.path === undefined ? "" : ` '${details.path}'`;
  return new IoError(code, `${code}: ${text}, ${syscall}${place}`, { ...details, errno, syscall });
}

/**
 * What the native part or fs threw, as an IoError; anything that is no system's failure (a
 * TypeError for a bad argument, an AbortError) stays what it is.
 */
export function asIoError(thrown: unknown, details: IoErrorDetails = {}): unknown {
  if (thrown instanceof IoError || !(thrown instanceof Error)) return thrown;
  const { errno, syscall, path, bytesWritten } = thrown as Error & IoErrorDetails;
  if (typeof errno !== "number" || typeof syscall !== "string") return thrown;
  const known = { path, bytesWritten, ...details };
  const { code } = thrown as NodeJS.ErrnoException;
  // Errors of fs are worded already.
  if (code !== undefined)
    return new IoError(code, thrown.message, { ...known, errno, syscall, cause: thrown });
  return systemError(errno, syscall, { ...known, cause: thrown });
}
