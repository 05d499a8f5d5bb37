/** scatter: pieces of a file, by Node's reads one by one and by the library's one call. */
import * as fs from "node:fs";
import { open } from "../../../packages/io/dist/index.js";

/** So much of the work makes the code hot without taking long. */
const WARM_SHARE = 0.1;
/** One call is all of the work, but its code is hot only after some. */
const WARM_CALLS = 4;

/** The pieces as the row's file of ranges has them, and memory for all of them, touched before. */
function given({ ranges: path }) {
  const bytes = fs.readFileSync(path);
  const ranges = new Float64Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  );
  const count = ranges.length / 2;
  const length = ranges[1];
  const into = Buffer.allocUnsafeSlow(count * length).fill(1);
  return { ranges, count, length, into };
}

/** The sum of the first byte of each piece. */
function checkOf(memory, length) {
  let sum = 0;
  for (let at = 0; at < memory.length; at += length) sum += memory[at];
  return sum;
}

function readSyncLoop(context) {
  const { ranges, count, length, into } = given(context);
  const read = (path, pieces) => {
    const fd = fs.openSync(path);
    for (let piece = 0; piece < pieces; piece++)
      fs.readSync(fd, into, piece * length, ranges[2 * piece + 1], ranges[2 * piece]);
    fs.closeSync(fd);
  };
  return {
    warm: () => read(context.warmFile ?? context.file, count * WARM_SHARE),
    work: () => read(context.file, count),
    check: () => checkOf(into, length),
  };
}

async function fileHandle(context) {
  const { ranges, count, length, into } = given(context);
  const read = async (path, pieces) => {
    const handle = await fs.promises.open(path);
    let next = 0;
    const reader = async () => {
      while (next < pieces) {
        const piece = next++;
        await handle.read(into, piece * length, ranges[2 * piece + 1], ranges[2 * piece]);
      }
    };
    await Promise.all(Array.from({ length: context.concurrency }, reader));
    await handle.close();
  };
  return {
    warm: () => read(context.warmFile ?? context.file, count * WARM_SHARE),
    work: () => read(context.file, count),
    check: () => checkOf(into, length),
  };
}

/** A way of the library: `read` reads all pieces of an open file, after it has done so some times. */
async function library(context, { pieces, read, intoOf }) {
  const { ranges, length, into } = given(context);
  const asked = pieces(ranges);
  const file = await open(context.file);
  const warmFile = context.warmFile === undefined ? file : await open(context.warmFile);
  const memory = intoOf?.(into);
  return {
    async warm() {
      for (let call = 0; call < WARM_CALLS; call++) await read(warmFile, asked, memory);
    },
    work: () => read(file, asked, memory),
    check: (result) => checkOf(memory ?? result, length),
    ownBytes: memory === undefined ? into.length : 0,
    close: () => file.close(),
  };
}

const asPairs = (ranges) =>
  Array.from({ length: ranges.length / 2 }, (_, at) => [ranges[2 * at], ranges[2 * at + 1]]);
const asColumns = (ranges) => ranges;
const kept = (into) => into;

export const ways = {
  readSync: readSyncLoop,
  fileHandle,
  pairs: (context) =>
    library(context, {
      pieces: asPairs,
      read: (file, pieces) => file.readScatter(pieces),
    }),
  columns: (context) =>
    library(context, {
      pieces: asColumns,
      read: (file, pieces) => file.readScatter(pieces),
    }),
  kept: (context) =>
    library(context, {
      pieces: asColumns,
      intoOf: kept,
      read: (file, pieces, into) => file.readScatter(pieces, into),
    }),
  sync: (context) =>
    library(context, {
      pieces: asColumns,
      intoOf: kept,
      read: (file, pieces, into) => file.readScatterSync(pieces, into),
    }),
};
