// Makes @crossbill/io call each function of its addon once or more, in the folder it is run in.
import * as fs from "node:fs";
import {
  channel,
  channelPair,
  channelReceiver,
  channelSender,
  copy,
  copySync,
  lines,
  map,
  mapSync,
  open,
  readFile,
  readFileSync,
  readStream,
  statAll,
  statAllSync,
  walk,
} from "../../../packages/io/dist/index.js";

const MECHANISMS = ["mapping", "uring", "through", "pread"];

async function usePieces() {
  fs.writeFileSync("pieces", Buffer.alloc(1 << 16, "crossbill\n"));
  const file = await open("pieces", { flags: "r+" });
  const ranges = [
    [0, 64],
    [4096, 1000],
    [1 << 15, 4096],
  ];
  const each = ranges.map(([, length]) => Buffer.alloc(length));
  const { signal } = new AbortController();
  for (const mechanism of MECHANISMS) {
    await file.readScatter(ranges, undefined, { mechanism, signal });
    await file.readScatter(ranges, each, { mechanism });
    file.readScatterSync(ranges, each, { mechanism });
  }
  file.readScatterSync(ranges);
  await file.writeGather(ranges, each);
  file.writeGatherSync(ranges, Buffer.concat(each));
  return file;
}

async function useWhole() {
  for await (const chunk of readStream("pieces")) if (chunk.length === 0) throw new Error("empty");
  for await (const line of lines("pieces")) if (line.length > 9) throw new Error("long");
  const { signal } = new AbortController();
  for (const size of [100, 1 << 20]) {
    fs.writeFileSync("whole", Buffer.alloc(size, 1));
    for (const encoding of [null, "utf8"]) {
      const read = [
        await readFile("whole", { encoding, signal }),
        readFileSync("whole", { encoding }),
      ];
      if (read.some(({ length }) => length !== size)) throw new Error("not all was read");
    }
  }
  for (const reflink of ["auto", "never"]) await copy("whole", "copied", { reflink, signal });
  copySync("whole", "copied-at-once", { mode: 0o600 });
}

/** Closes one, as a call that finds it closed is of use too. */
async function useMappings() {
  const { signal } = new AbortController();
  const mapped = await map("pieces", { access: "shared", populate: true, signal });
  await mapped.prefetch([[0, 4096]], { signal });
  await mapped.flush([[0, 4096]], { signal });
  const closed = mapSync("pieces", { offset: 100, sequential: true });
  closed.prefetchSync();
  closed.flushSync();
  closed.check();
  closed.close();
  return mapped;
}

async function useStatus() {
  const paths = ["pieces", "missing", Buffer.from("pieces")];
  const { signal } = new AbortController();
  await statAll(
    Array.from({ length: 3000 }, (_, at) => paths[at % 3]),
    { signal },
  );
  await statAll(paths, { followSymlinks: false });
  statAllSync(paths);
}

async function useWalks() {
  for (let at = 0; at < 30; at++) fs.mkdirSync(`walked/${at}/folder`, { recursive: true });
  fs.symlinkSync("..", "walked/link");
  const { signal } = new AbortController();
  for (const options of [{}, { followSymlinks: true }, { sorted: true, depth: 1, signal }])
    for await (const entry of walk("walked", options))
      if (entry.name.length === 0) throw new Error("no name");
  return walk("walked").batches();
}

async function useChannels() {
  const [ours, end] = channelPair({ ringBytes: 1 });
  const theirs = await channel(end.give());
  const name = `crossbill-everything-${process.pid}`;
  const named = await Promise.all([channel(name), channel(name)]);
  const receiver = channelReceiver(name);
  const sender = await channelSender(name);
  for (const [from, to] of [[ours, theirs], named, [sender, receiver]]) {
    const waiting = to.receive();
    await new Promise((resolve) => setTimeout(resolve, 2)); // Asleep: it has to be rung.
    await from.send(Buffer.from("message"));
    await waiting;
  }
  try {
    theirs.receiveSync({ timeoutMs: 1 });
  } catch (error) {
    if (error.code !== "ETIMEDOUT") throw error;
  }
  const closed = channelPair();
  closed[0].close();
  closed[1].close();
  return [ours, theirs, ...named, receiver, sender];
}

/** Gives what is to be closed when the calls gathered are of no more use. */
export async function useEverything() {
  const file = await usePieces();
  await useWhole();
  const mapped = await useMappings();
  await useStatus();
  const walked = await useWalks();
  await walked.next(); // Left amid the tree.
  const ends = await useChannels();
  return {
    close: async () => {
      await walked.return();
      for (const end of ends) end.close();
      mapped.close();
      await file.close();
    },
  };
}
