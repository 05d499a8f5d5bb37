/** The frames of a stack in the stream: walked by the kernel, and found on the stack. */
import type { RecordedFrame } from "@crossbill/core";
import type { Fields } from "./stream-fields.ts";

/** More than any recorder walks or finds. */
const FRAMES_MAX = 256;
const CALLERS_MAX = 64;

/**
 * Innermost first. What lies on top of the stack comes second: libc's functions for calls have no
 * frame of their own, so their caller is there, and a walk by frame pointers misses it.
 */
export function readFrames(fields: Fields): RecordedFrame[] {
  const [innermost, ...walked] = fields
    .wordPairs("frames", FRAMES_MAX)
    .map(([buildId, offset]) => ({ buildId: buildId === "" ? null : buildId, offset }));
  const found = (name: string) =>
    (fields.optional(name, () => fields.wordPairs(name, CALLERS_MAX)) ?? []).map(callerFrame);
  const first = innermost === undefined ? [] : [innermost];
  return [...first, ...found("top"), ...walked, ...found("callers")];
}

/** Found on the stack, not followed there: a guess. */
function callerFrame([inode, offset]: readonly [string, string]): RecordedFrame {
  const mapped = /^[1-9]\d{0,14}$/.test(inode) ? { inode: Number(inode) } : {};
  return { buildId: null, offset, ...mapped, guess: true };
}
