// What both versions look up, batch after batch, and what they make of a record.
import { readFileSync } from "node:fs";

/** Where each record is: offset and length, by its number. */
export function readIndex(path) {
  const { buffer, byteOffset, length } = readFileSync(path);
  return new Float64Array(buffer.slice(byteOffset, byteOffset + length));
}

const BATCHES = 10;

/** Batches of numbers of records that look random and are always the same (a full-period generator). */
export function* lookups(count, records) {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * records);
  };
  for (let batch = 0; batch < BATCHES; batch++) yield Uint32Array.from({ length: count }, next);
}

/** A record begins with its amount. */
export const amountOf = (record, at) => record.readUInt32LE(at);
