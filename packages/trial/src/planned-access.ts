/** planned-access: one call of a replay, as crossbill-measure reads it. */

/** Numbers of `enum replay_operation` in native/src/replay-plan.h. */
export const operations = {
  read: 0,
  pread: 1,
  write: 2,
  pwrite: 3,
  seek: 4,
  sync: 5,
  dataSync: 6,
} as const;
export type Operation = keyof typeof operations;

export interface PlannedAccess {
  readonly operation: Operation;
  readonly offset: number;
  readonly asked: number;
  /** What it returned when it was recorded. */
  readonly moved: number;
}

const byCall: ReadonlyMap<string, Operation> = new Map([
  ["read", "read"],
  ["readv", "read"],
  ["pread64", "pread"],
  ["preadv", "pread"],
  ["preadv2", "pread"],
  ["write", "write"],
  ["writev", "write"],
  ["pwrite64", "pwrite"],
  ["pwritev", "pwrite"],
  ["pwritev2", "pwrite"],
  ["lseek", "seek"],
  ["fsync", "sync"],
  ["fdatasync", "dataSync"],
]);

/** What a system call does to a file, as far as a replay knows; null for every other. */
export function operationOf(syscall: string): Operation | null {
  return byCall.get(syscall) ?? null;
}

export function isRead(operation: Operation): boolean {
  return operation === "read" || operation === "pread";
}

export function isWrite(operation: Operation): boolean {
  return operation === "write" || operation === "pwrite";
}

export function isSync(operation: Operation): boolean {
  return operation === "sync" || operation === "dataSync";
}
