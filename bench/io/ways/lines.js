/** lines: the lines of a text, counted and measured. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import * as io from "../../../packages/io/dist/index.js";

const WARM_LINES = 500_000;

/** Lines and characters, as one number that differs when either does. */
const NUMBER = 1e6;

/** A way that iterates; ended early when it only warms. */
function iterated(linesOf) {
  return ({ file }) => {
    const pass = async (most) => {
      let [count, characters] = [0, 0];
      for await (const line of linesOf(file)) {
        characters += line.length;
        if (++count === most) break;
      }
      return count * NUMBER + (characters % NUMBER);
    };
    return {
      warm: () => pass(WARM_LINES),
      work: () => pass(Number.POSITIVE_INFINITY),
      check: (sum) => sum,
    };
  };
}

/** By "line" events: no promise for each line. */
function evented({ file }) {
  const pass = (most) =>
    new Promise((resolve) => {
      let [count, characters] = [0, 0];
      const stream = createReadStream(file);
      const reader = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
      reader.on("line", (line) => {
        characters += line.length;
        if (++count === most) reader.close();
      });
      reader.on("close", () => {
        stream.destroy();
        resolve(count * NUMBER + (characters % NUMBER));
      });
    });
  return {
    warm: () => pass(WARM_LINES),
    work: () => pass(Number.POSITIVE_INFINITY),
    check: (sum) => sum,
  };
}

/** The library's batches: arrays of lines. */
function batched({ file }) {
  const pass = async (most) => {
    let [count, characters] = [0, 0];
    for await (const batch of io.lines(file).batches()) {
      for (const line of batch) characters += line.length;
      count += batch.length;
      if (count >= most) break;
    }
    return count * NUMBER + (characters % NUMBER);
  };
  return {
    warm: () => pass(WARM_LINES),
    work: () => pass(Number.POSITIVE_INFINITY),
    check: (sum) => sum,
  };
}

const readlineOf = (file) =>
  createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });

export const ways = {
  readline: iterated(readlineOf),
  events: evented,
  lines: iterated((file) => io.lines(file)),
  batches: batched,
};
