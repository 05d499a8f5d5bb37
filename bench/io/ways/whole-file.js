/** whole-file: a file read or mapped from its start to its end, each of its lines of memory touched. */
import { createReadStream, promises, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as io from "../../../packages/io/dist/index.js";

const program = fileURLToPath(import.meta.url);
/** What a processor fetches at once; as in limits/limit.h. */
const LINE_BYTES = 64;
/** A part of the file that makes the code hot. */
const WARM_BYTES = 64 * 2 ** 20;

function touch(bytes) {
  let sum = 0;
  const { length } = bytes;
  for (let at = 0; at < length; at += LINE_BYTES) sum += bytes[at];
  return sum;
}

/** A way that works on chunks; `chunksOf` makes them anew for each pass. */
function chunked({ file }, chunksOf) {
  const pass = async (bytes) => {
    let [sum, done] = [0, 0];
    for await (const chunk of chunksOf(file)) {
      sum += touch(chunk);
      done += chunk.length;
      if (done >= bytes) break;
    }
    return sum;
  };
  return {
    warm: () => pass(WARM_BYTES),
    work: () => pass(Number.POSITIVE_INFINITY),
    check: (sum) => sum,
  };
}

/** The same by "data" events, which spare a promise a chunk. */
function evented({ file, chunkBytes }) {
  const pass = (end) =>
    new Promise((resolve, reject) => {
      let sum = 0;
      const stream = createReadStream(file, { highWaterMark: chunkBytes, end });
      stream.on("data", (chunk) => {
        sum += touch(chunk);
      });
      stream.on("end", () => resolve(sum)).on("error", reject);
    });
  return {
    warm: () => pass(WARM_BYTES - 1),
    work: () => pass(Number.POSITIVE_INFINITY),
    check: (sum) => sum,
  };
}

const streamOf = (options) => (file) => createReadStream(file, options);

/** Warmed by a small file, as another pass over the large one would only take its memory. */
function wholly({ file, fileBytes }, read) {
  return {
    async warm() {
      await read(program);
      touch(Buffer.alloc(WARM_BYTES));
    },
    work: async () => touch(await read(file)),
    check: (sum) => sum,
    ownBytes: fileBytes,
  };
}

/** Few long loops make no code hot. */
const WARM_PASSES = 4;

/** Mapped, touched and unmapped. */
function mapped({ file }, options) {
  const pass = async () => {
    const view = await io.map(file, options);
    const sum = touch(view.buffer);
    view.close();
    return sum;
  };
  const warm = async () => {
    for (let passes = 0; passes < WARM_PASSES; passes++) await pass();
  };
  return { warm, work: pass, check: (sum) => sum };
}

export const ways = {
  createReadStream: (context) => chunked(context, streamOf({})),
  chunks: (context) => chunked(context, streamOf({ highWaterMark: context.chunkBytes })),
  events: evented,
  "fs.readFile": (context) => wholly(context, promises.readFile),
  "fs.readFileSync": (context) => wholly(context, readFileSync),
  readStream: (context) => chunked(context, (file) => io.readStream(file)),
  readFile: (context) => wholly(context, io.readFile),
  map: (context) => mapped(context, {}),
  populated: (context) => mapped(context, { populate: true }),
};
