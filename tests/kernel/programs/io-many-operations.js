// Makes many operations of @crossbill/io, a hundred each round, and prints what has grown meanwhile:
// resident memory, memory of Buffers, descriptors, mappings. As JSON.
//
// Usage: node --expose-gc io-many-operations.js ROUNDS   (in an empty folder)
import * as fs from "node:fs";
import {
  channel,
  channelPair,
  open,
  openSync,
  statAllSync,
} from "../../../packages/io/dist/index.js";

const rounds = Number(process.argv[2]);
/** By then every table, cache and pool has the size that it keeps. */
const warmUp = Math.ceil(rounds / 2);

fs.writeFileSync("many", Buffer.alloc(1 << 16, 1));
const file = await open("many", { flags: "r+" });
const [ours, end] = channelPair({ ringBytes: 1 });
const theirs = await channel(end.give());
const ranges = [
  [0, 64],
  [4096, 640],
  [40_000, 4096],
];
const into = Buffer.alloc(4800);
const paths = ["many", "missing", "."];
const text = Buffer.from("a message of some length");

function readAtOnce() {
  for (const mechanism of ["mapping", "through", "pread"])
    for (let turn = 0; turn < 15; turn++) file.readScatterSync(ranges, into, { mechanism });
  file.readScatterSync(ranges, undefined, { mechanism: "uring" });
  file.writeGatherSync(ranges, into);
}

function fail() {
  for (const wrong of [
    [[-1, 1]],
    [
      [0, 1 << 20],
      [0, 4096],
    ],
  ])
    try {
      file.readScatterSync(wrong, Buffer.alloc(16));
      throw new Error("this had to fail");
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
}

async function readInThePool() {
  const aborting = new AbortController();
  const { signal } = aborting;
  const reads = ["mapping", "uring", "through", "pread"].map((mechanism) =>
    file.readScatter(ranges, undefined, { mechanism, signal }),
  );
  aborting.abort();
  await Promise.allSettled(reads);
}

function exchange() {
  for (let turn = 0; turn < 20; turn++) ours.sendSync(text);
  for (let turn = 0; turn < 20; turn++) theirs.receiveSync();
}

async function round() {
  readAtOnce(); // 47 operations.
  fail(); // 2
  await readInThePool(); // 4
  exchange(); // 40
  statAllSync(paths); // 3
  const other = openSync("many"); // Opened, read, its mapping made and let go, closed: 4.
  other.readScatterSync(ranges, into, { mechanism: "mapping" });
  await other.close();
}

/** Collected until nothing more goes: finalizers and warm caches take some turns. */
async function held() {
  for (let turn = 0; turn < 10; turn++) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return {
    residentBytes: process.memoryUsage.rss(),
    bufferBytes: process.memoryUsage().external,
    descriptors: fs.readdirSync("/proc/self/fd").length,
    mappings: fs.readFileSync("/proc/self/maps", "utf8").split("/many").length - 1,
  };
}

for (let at = 0; at < warmUp; at++) await round();
const before = await held();
for (let at = warmUp; at < rounds; at++) await round();
const after = await held();
const grown = Object.fromEntries(Object.keys(after).map((key) => [key, after[key] - before[key]]));
console.log(JSON.stringify({ operations: rounds * 100, ...grown }));
ours.close();
theirs.close();
await file.close();
