/** plan-file: a plan as bytes, in the form of native/src/replay-plan.h. */
import { operations, type PlannedAccess } from "./planned-access.ts";

export interface Plan {
  /** The user's file, read only; null: only the scratch file is touched. */
  readonly source: PlannedSource | null;
  /** Begin with pages that are not in the page cache. */
  readonly isCold: boolean;
  /** Size of the scratch file before the first call, and at most. */
  readonly scratchBytes: number;
  readonly scratchMost: number;
  readonly accesses: readonly PlannedAccess[];
}

export interface PlannedSource {
  readonly path: Uint8Array;
  readonly device: bigint;
  readonly inode: bigint;
  readonly bytes: number;
}

const MAGIC = "cbreplay";
const HEAD_BYTES = 64;
const ACCESS_BYTES = 24;

export function encodePlan(plan: Plan): Uint8Array {
  const { source, accesses } = plan;
  const path = source?.path ?? new Uint8Array();
  const bytes = Buffer.alloc(HEAD_BYTES + path.length + accesses.length * ACCESS_BYTES);
  bytes.write(MAGIC, "latin1");
  bytes.writeUInt32LE(path.length, 8);
  bytes.writeUInt32LE(plan.isCold ? 1 : 0, 12);
  const words = [
    BigInt(accesses.length),
    source?.device ?? 0n,
    source?.inode ?? 0n,
    BigInt(source?.bytes ?? 0),
    BigInt(plan.scratchBytes),
    BigInt(plan.scratchMost),
  ];
  for (const [index, word] of words.entries()) bytes.writeBigUInt64LE(word, 16 + index * 8);
  bytes.set(path, HEAD_BYTES);
  for (const [index, access] of accesses.entries()) {
    const at = HEAD_BYTES + path.length + index * ACCESS_BYTES;
    bytes.writeBigUInt64LE(BigInt(access.offset), at);
    bytes.writeUInt32LE(access.asked, at + 8);
    bytes.writeUInt32LE(access.moved, at + 12);
    bytes.writeUInt32LE(operations[access.operation], at + 16);
  }
  return bytes;
}
