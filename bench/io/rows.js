/** rows: what is compared: for each row its ways, and what the library's are to reach against others. */
import { byFind, byFio, byLab, inC, inNode, withPool } from "./ways.js";

const ms = { name: "ms", ns: 1e6 };
const ns = { name: "ns a message", ns: 1 };
const us = { name: "us a message", ns: 1e3 };

/** `ours` is to be at least so many times as fast as the fastest of `against`. */
const faster = (ours, against, aim) => ({ ours, against, aim, form: "faster" });
/** `ours` is to take at most so many times as long as the fastest of `against`. */
const slower = (ours, against, aim) => ({ ours, against, aim, form: "slower" });

const look = { inspected: true };

function scatterRow({ name, pieces, ranges, least, most }, { paths, program, size }) {
  const setting = { file: paths.data, ranges: paths[ranges], concurrency: 64 };
  const limitOf = (memory) =>
    inC(`C gather, ${memory} memory`, program("gather"), paths.data, paths[ranges], memory);
  const loop = "fs.readSync loop";
  const handles = "FileHandle.read, 64 at a time";
  const ways = [
    inNode(loop, "scatter", "readSync", setting, look),
    inNode(handles, "scatter", "fileHandle", setting, look),
    inNode("await readScatter(pairs)", "scatter", "pairs", setting, look),
    inNode("await readScatter(Float64Array)", "scatter", "columns", setting, look),
    inNode("await readScatter(…, into)", "scatter", "kept", setting, look),
    inNode("readScatterSync(…, into)", "scatter", "sync", setting, look),
    limitOf("kept"),
    limitOf("fresh"),
  ];
  const aimsOf = (ours, memory) => [
    faster(ours, [loop], least.loop),
    faster(ours, [handles], least.handles),
    slower(ours, [`C gather, ${memory} memory`], most),
  ];
  const aims = [
    ...aimsOf("await readScatter(pairs)", "fresh"),
    ...aimsOf("await readScatter(Float64Array)", "fresh"),
    ...aimsOf("await readScatter(…, into)", "kept"),
    ...aimsOf("readScatterSync(…, into)", "kept"),
  ];
  const count = size.pieces.toLocaleString("en");
  const title = `readScatter, ${count} x ${pieces}, random, warm file of ${mebibytes(size.fileBytes)}`;
  return { name, title, unit: ms, needs: ["data", ranges], warm: [paths.data], ways, aims };
}

function coldRow({ paths, program, size, dropCache }) {
  const setting = { file: paths.cold, ranges: paths.coldRanges, warmFile: paths.data };
  const handle = (concurrency, threads) =>
    inNode(
      `FileHandle.read, ${concurrency} at a time, pool of ${threads}`,
      "scatter",
      "fileHandle",
      { ...setting, concurrency },
      { env: withPool(threads), inspected: threads === 4 },
    );
  const fio = (depth, isDirect) =>
    byFio(`fio io_uring, ${depth} deep${isDirect ? ", O_DIRECT" : ""}`, {
      ...{ cold: paths.cold, folder: program(""), pieces: size.coldPieces, depth, isDirect },
    });
  const loop = "fs.readSync loop";
  const ours = "await readScatter(pairs)";
  const handles = [handle(64, 4), handle(32, 32), handle(128, 128)];
  const buffered = [16, 64, 256].map((depth) => fio(depth, false));
  const direct = [64, 256].map((depth) => fio(depth, true));
  const labels = (ways) => ways.map(({ label }) => label);
  const ways = [
    inNode(loop, "scatter", "readSync", setting, look),
    ...handles,
    inNode(ours, "scatter", "pairs", setting, look),
    inNode("readScatterSync(…, into)", "scatter", "sync", setting),
    ...buffered,
    ...direct,
  ];
  const aims = [
    faster(ours, [loop], 3),
    faster(ours, labels(handles), 1),
    faster(ours, labels(buffered), 0.9),
    faster(ours, labels(direct), null),
  ];
  return {
    name: "scatter-cold",
    title: `readScatter, ${size.coldPieces.toLocaleString("en")} x 4 KiB, cold`,
    unit: ms,
    needs: ["data", "cold", "coldRanges"],
    warm: [],
    beforeWork: () => dropCache(paths.cold),
    ways,
    aims,
  };
}

function streamRow({ paths, program, size }) {
  const setting = { file: paths.data, fileBytes: size.fileBytes };
  const way = (label, name, more = {}) => inNode(label, "whole-file", name, setting, more);
  const chunksOf = [256, 512, 1024];
  const chunked = chunksOf.flatMap((kib) =>
    ["chunks", "events"].map((name) =>
      inNode(
        `createReadStream, ${kib} KiB${name === "events" ? ', "data" events' : ""}`,
        "whole-file",
        name,
        { ...setting, chunkBytes: kib * 1024 },
        { inspected: false },
      ),
    ),
  );
  const limits = [64, 128, 256, 512].map((kib) =>
    inC(`C read loop, ${kib} KiB`, program("read-loop"), paths.data, kib * 1024),
  );
  const labels = (ways) => ways.map(({ label }) => label);
  const ways = [
    way("createReadStream", "createReadStream", look),
    ...chunked,
    way("fs.promises.readFile", "fs.readFile", look),
    way("fs.readFileSync", "fs.readFileSync", look),
    way("readStream", "readStream", look),
    way("readFile", "readFile", look),
    ...limits,
  ];
  const aims = [
    faster("readStream", ["createReadStream"], 5),
    faster("readStream", labels(chunked), 1.2),
    faster("readStream", ["fs.promises.readFile", "fs.readFileSync"], 4),
    faster("readStream", labels(limits), 0.8),
    faster("readFile", ["fs.promises.readFile"], 1),
  ];
  return {
    name: "stream",
    title: `readStream of a warm file of ${mebibytes(size.fileBytes)}, bytes touched`,
    ...{ unit: ms, needs: ["data"], warm: [paths.data], ways, aims },
  };
}

function scanRow({ paths, program }) {
  const setting = { file: paths.data };
  const way = (label, name) => inNode(label, "whole-file", name, setting, look);
  const limits = ["C over a mapping", "C over a mapping, populated"];
  const ways = [
    way("createReadStream", "createReadStream"),
    way("map", "map"),
    way("map, populated", "populated"),
    inC(limits[0], program("scan"), paths.data, "plain"),
    inC(limits[1], program("scan"), paths.data, "populate"),
  ];
  const aimsOf = (ours) => [faster(ours, ["createReadStream"], 12), faster(ours, limits, 0.9)];
  return {
    name: "scan",
    title: "the same file scanned through map",
    ...{ unit: ms, needs: ["data"], warm: [paths.data], ways },
    aims: [...aimsOf("map"), ...aimsOf("map, populated")],
  };
}

function linesRow({ paths, size }) {
  const way = (label, name) => inNode(label, "lines", name, { file: paths.text }, look);
  const loop = "readline, for await";
  const events = 'readline, "line" events';
  return {
    name: "lines",
    title: `lines() of a text of ${mebibytes(size.textBytes)}`,
    ...{ unit: ms, needs: ["text"], warm: [paths.text] },
    ways: [
      way(loop, "readline"),
      way(events, "events"),
      way("lines", "lines"),
      way("lines().batches()", "batches"),
    ],
    aims: [
      faster("lines", [loop], 3),
      faster("lines().batches()", [loop], 3),
      faster("lines().batches()", [events], 3),
    ],
  };
}

function messageRow({ folder, size }) {
  const way = (label, name, messages) =>
    inNode(label, "messages", name, { folder, bytes: 64, messages }, look);
  const counts = size.messages;
  const [sent, socket] = [["process.send, a string", "process.send, a Buffer"], "Unix socket"];
  const ring = "C ring";
  const ours = ["channel", "channel, batches()"];
  return {
    name: "channel-64",
    title: "channel, 64 B one way between processes",
    unit: ns,
    needs: [],
    warm: [],
    ways: [
      way(sent[0], "json", counts["process.send"]),
      way(sent[1], "advanced", counts["process.send"]),
      way(socket, "socket", counts.socket),
      way("Unix socket, 64 writes gathered", "corked", counts.socket),
      way(ours[0], "channel", counts.channel),
      way(ours[1], "batches", counts.channel),
      byLab(ring, ["pattern=one-way", "bytes=64", "depth=4096", "wait=spin-futex"]),
    ],
    aims: ours.flatMap((one) => [
      faster(one, sent, 50),
      faster(one, [socket], 10),
      slower(one, [ring], null),
    ]),
  };
}

function largeMessageRow({ folder, program, size }) {
  const bytes = 2 ** 20;
  const way = (label, name, messages, touchBytes) =>
    inNode(label, "messages", name, { folder, bytes, messages, touchBytes }, look);
  const { socket, channel } = size.largeMessages;
  return {
    name: "channel-1m",
    title: "channel, 1 MiB one way between processes",
    unit: us,
    needs: [],
    warm: [],
    ways: [
      way("Unix socket", "socket", socket),
      way("Unix socket, each line touched", "socket", socket, 64),
      way("channel", "channel", channel),
      way("channel, each line touched", "channel", channel, 64),
      byLab("C ring, each word summed", [
        ...["pattern=one-way", `bytes=${bytes}`, "depth=4", "wait=spin-futex"],
      ]),
      inC("memcpy", program("memory-copy"), bytes, 4 * bytes, channel),
    ],
    aims: [
      faster("channel", ["Unix socket"], 4),
      faster("channel, each line touched", ["Unix socket, each line touched"], null),
      faster("channel", ["memcpy"], 0.7),
      faster("channel, each line touched", ["C ring, each word summed"], null),
    ],
  };
}

function pingPongRow({ folder, size }) {
  const way = (label, name) =>
    inNode(label, "messages", name, { folder, bytes: 64, messages: size.roundTrips }, look);
  const sent = ["process.send, a string", "process.send, a Buffer"];
  return {
    name: "ping-pong",
    title: "channel, ping-pong of 64 B",
    unit: { ...us, name: "us a round trip" },
    needs: [],
    warm: [],
    ways: [
      way(sent[0], "json back"),
      way(sent[1], "advanced back"),
      way("Unix socket", "socket back"),
      way("channel", "channel back"),
      byLab("C ring", ["pattern=ping-pong", "bytes=64", "wait=spin-futex"]),
    ],
    aims: [
      faster("channel", sent, 3),
      faster("channel", ["Unix socket"], null),
      slower("channel", ["C ring"], null),
    ],
  };
}

function walkRow({ paths, size }) {
  const setting = { tree: paths.tree, warmTree: `${paths.tree}/0` };
  const way = (label, name) => inNode(label, "tree", name, setting, look);
  const [promised, sync] = ["fs.promises.readdir and stat", "readdirSync and statSync"];
  const files = size.folders * size.filesInFolder;
  const aimsOf = (ours) => [
    faster(ours, [promised], 5),
    faster(ours, [sync], 1.5),
    slower(ours, ["find -size +0"], null),
  ];
  return {
    name: "walk",
    title: `walk and stat of ${files.toLocaleString("en")} files, warm`,
    ...{ unit: ms, needs: ["tree"], warm: [] },
    ways: [
      way(promised, "promises"),
      way(sync, "sync"),
      way("walk", "entries"),
      way("walk, batches()", "batches"),
      byFind("find -size +0", paths.tree),
    ],
    aims: [...aimsOf("walk"), ...aimsOf("walk, batches()")],
  };
}

const mebibytes = (bytes) =>
  bytes >= 2 ** 30 ? `${bytes / 2 ** 30} GiB` : `${bytes / 2 ** 20} MiB`;

const small = {
  ...{ name: "scatter-64", pieces: "64 B", ranges: "smallRanges" },
  ...{ least: { loop: 25, handles: 250 }, most: 1.5 },
};
const pages = {
  ...{ name: "scatter-4k", pieces: "4 KiB", ranges: "pageRanges" },
  ...{ least: { loop: 2, handles: 12 }, most: 1.3 },
};

/**
 * All rows. `machine` has: `paths` of the files made, the `folder` they are in, the `size` of the work,
 * `program(name)`, the path of a C program, and `dropCache(path)`.
 */
export function rowsOf(machine) {
  return [
    scatterRow(small, machine),
    scatterRow(pages, machine),
    coldRow(machine),
    streamRow(machine),
    scanRow(machine),
    linesRow(machine),
    messageRow(machine),
    largeMessageRow(machine),
    pingPongRow(machine),
    walkRow(machine),
  ];
}
