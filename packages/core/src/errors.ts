/** Errors: every failure a user can meet, each with a stable code and, where there is one, a remedy. */
import { printable } from "./printable.ts";

export const errorCodes = [
  "CB_ERR_USAGE",
  "CB_ERR_PERMISSION",
  "CB_ERR_UNSUPPORTED",
  "CB_ERR_SYSCALL",
  "CB_ERR_RECORDING",
  "CB_ERR_RECORDER",
  "CB_ERR_TARGET",
] as const;
export type ErrorCode = (typeof errorCodes)[number];

export interface ErrorDetails {
  /** What the user can do about it, one sentence. */
  readonly remedy?: string | undefined;
  readonly cause?: unknown;
}

/** The base of all of them; the message is one line and safe to print. */
export abstract class CrossbillError extends Error {
  abstract readonly code: ErrorCode;
  readonly remedy: string | undefined;

  constructor(message: string, details: ErrorDetails = {}) {
    super(oneLine(message), details.cause === undefined ? undefined : { cause: details.cause });
    this.remedy = details.remedy === undefined ? undefined : oneLine(details.remedy);
  }
}

/** The command line asks for something that does not exist or does not fit together. */
export class UsageError extends CrossbillError {
  static {
    this.prototype.name = "UsageError"; // On the prototype: JSON and logs then omit it.
  }
  readonly code = "CB_ERR_USAGE";
}

/** A right is missing; the remedy says which and how to get it. */
export class PermissionError extends CrossbillError {
  static {
    this.prototype.name = "PermissionError";
  }
  readonly code = "CB_ERR_PERMISSION";
}

/** The machine lacks a feature. */
export class UnsupportedError extends CrossbillError {
  static {
    this.prototype.name = "UnsupportedError";
  }
  readonly code = "CB_ERR_UNSUPPORTED";
  readonly feature: string;
  /** The mainline Linux version that brought it, such as "5.8"; null when it is no matter of version. */
  readonly since: string | null;

  constructor(feature: string, since: string | null, details: ErrorDetails = {}) {
    super(
      since === null
        ? `${feature} is not supported here`
        : `${feature} needs Linux ${since} or newer`,
      details,
    );
    this.feature = feature;
    this.since = since;
  }
}

/** The kernel refused a call; `errno` is its name, such as "EPERM". */
export class SyscallError extends CrossbillError {
  static {
    this.prototype.name = "SyscallError";
  }
  readonly code = "CB_ERR_SYSCALL";
  readonly syscall: string;
  readonly errno: string;

  constructor(syscall: string, errno: string, details: ErrorDetails = {}) {
    super(`${syscall} failed with ${errno}`, details);
    this.syscall = syscall;
    this.errno = errno;
  }
}

/** A recording, bill or prices file is broken or written by a newer version. */
export class RecordingError extends CrossbillError {
  static {
    this.prototype.name = "RecordingError";
  }
  readonly code = "CB_ERR_RECORDING";
  /** Path of the field at fault, such as `lines[3].count`; null when it is the whole file. */
  readonly field: string | null;

  constructor(message: string, field: string | null, details: ErrorDetails = {}) {
    super(message, details);
    this.field = field;
  }
}

/** The recorder could not start, died, or broke its protocol. */
export class RecorderError extends CrossbillError {
  static {
    this.prototype.name = "RecorderError";
  }
  readonly code = "CB_ERR_RECORDER";
}

/** The program to record could not be started; `exitStatus` is what env(1) would return. */
export class TargetError extends CrossbillError {
  static {
    this.prototype.name = "TargetError";
  }
  readonly code = "CB_ERR_TARGET";
  readonly errno: string;
  /** 127: there is no such program. 126: there is, but it cannot be executed. */
  readonly exitStatus: 126 | 127;

  /** `interpreter`: the one that a script names and that is what was not found. */
  constructor(
    command: string,
    errno: string,
    details: ErrorDetails & { readonly interpreter?: string } = {},
  ) {
    const name = printable(command, { maxWidth: 200, cut: "middle" });
    super(`${name}: ${targetProblem(errno, details.interpreter)}`, details);
    this.errno = errno;
    this.exitStatus = errno === "ENOENT" ? 127 : 126;
  }
}

function targetProblem(errno: string, interpreter: string | undefined): string {
  if (errno === "ENOEXEC") return "cannot be executed: exec format error";
  if (errno !== "ENOENT") return `cannot be executed (${errno})`;
  if (interpreter === undefined) return "command not found";
  return `its interpreter ${printable(interpreter, { maxWidth: 200, cut: "middle" })} was not found`;
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, " ").replace(/\p{Cc}/gu, (control) => printable(control));
}
