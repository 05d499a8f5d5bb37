// Forgets files, their memory and their promises amid reads and writes, iterators amid a file, and ends
// of channels; collects garbage meanwhile. Prints how many more descriptors and mappings
// there are in the end, as JSON.
//
// Usage: node --expose-gc io-forgotten.js TURNS   (in an empty folder)
import * as fs from "node:fs";
import {
  channel,
  channelPair,
  lines,
  map,
  mapSync,
  openSync,
  readStream,
  statAll,
} from "../../../packages/io/dist/index.js";

const turns = Number(process.argv[2]);
const SIZE = 1 << 20;
fs.writeFileSync("forgotten", Buffer.alloc(SIZE, "forgotten\n"));
// A file that is closed by the collector is told of: that is not what is looked for here.
process.removeAllListeners("warning");
const links = () =>
  fs.readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [fs.readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // The one that listed them.
    }
  });
const left = () => ({
  files: links().filter((link) => link.endsWith("/forgotten")).length,
  sockets: links().filter((link) => link.startsWith("socket:")).length,
  mappings: fs.readFileSync("/proc/self/maps", "utf8").split("/forgotten").length - 1,
  channels: fs.readFileSync("/proc/self/maps", "utf8").split("crossbill-channel").length - 1,
});

/** 64 pieces of 16 KiB, each into memory of its own. */
const ranges = Array.from({ length: 64 }, (_, at) => [at * 16_384, 16_384]);
const each = () => ranges.map(([, length]) => Buffer.alloc(length));

function forgetPieces() {
  for (const mechanism of ["mapping", "uring", "through", "pread"]) {
    void openSync("forgotten").readScatter(ranges, each(), { mechanism });
    void openSync("forgotten").readScatter(ranges, undefined, { mechanism });
  }
  const text = Buffer.alloc(SIZE, "forgotten\n");
  void openSync("forgotten", { flags: "r+" }).writeGather(ranges, text);
}

function forgetStreams() {
  void mapSync("forgotten").prefetch();
  void map("forgotten", { populate: true });
  void readStream("forgotten", { chunkBytes: 4096 })[Symbol.asyncIterator]().next();
  void lines("forgotten", { chunkBytes: 4096 })[Symbol.asyncIterator]().next();
  void statAll(Array.from({ length: 5000 }, () => "forgotten"));
}

/** Their memory goes with them, but for a view of a message that is kept: it must stay readable. */
async function forgetChannels() {
  const [ours, end] = channelPair({ ringBytes: 1 });
  const theirs = await channel(end.give());
  ours.sendSync(Buffer.from("kept"));
  const kept = theirs.receiveSync();
  theirs.close();
  ours.close();
  return kept;
}

const before = left();
for (let turn = 0; turn < turns; turn++) {
  forgetPieces();
  forgetStreams();
  const kept = await forgetChannels();
  globalThis.gc();
  if (kept.length !== 0) throw new Error("a view of a closed channel still looks into its memory");
}
for (let turn = 0; turn < 200 && JSON.stringify(left()) !== JSON.stringify(before); turn++) {
  globalThis.gc();
  await new Promise((resolve) => setTimeout(resolve, 5));
}
const after = left();
console.log(
  JSON.stringify(
    Object.fromEntries(Object.keys(after).map((key) => [key, after[key] - before[key]])),
  ),
);
