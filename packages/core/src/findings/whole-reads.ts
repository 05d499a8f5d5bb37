/** Whole reads: how often the bytes of a file were read, by its size. */
import type { BillLine } from "../bill/shape.ts";

/** Whether a call reads half of the file or more; a file that was empty at first has grown since. */
export function isWhole({ target, bytes, count }: BillLine): boolean {
  const { sizeBytes = 0 } = target;
  return sizeBytes > 0 && count > 0 && bytes / count >= sizeBytes / 2;
}

/** How often a line read its file from end to end; 1 when that is not known. */
export function passesOf({ target, bytes }: BillLine): number {
  const { sizeBytes } = target;
  return sizeBytes === undefined || sizeBytes === 0 ? 1 : Math.max(1, bytes / sizeBytes);
}
