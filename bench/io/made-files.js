/** made-files: what the rows read, made once for a run in a folder of its own. */
import { randomFillSync } from "node:crypto";
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { randomNumbers } from "../../packages/core/dist/random-order.js";

/** The sizes of the work: as asked for, and small ones that only show that everything works. */
export const sizes = {
  full: {
    fileBytes: 2 ** 30,
    pieces: 100_000,
    coldPieces: 20_000,
    textBytes: 2 ** 30,
    folders: 1000,
    filesInFolder: 100,
    messages: { "process.send": 20_000, socket: 100_000, channel: 1_000_000 },
    largeMessages: { socket: 400, channel: 2000 },
    roundTrips: 10_000,
  },
  quick: {
    fileBytes: 2 ** 26,
    pieces: 20_000,
    coldPieces: 2000,
    textBytes: 2 ** 25,
    folders: 100,
    filesInFolder: 50,
    messages: { "process.send": 5000, socket: 10_000, channel: 100_000 },
    largeMessages: { socket: 50, channel: 200 },
    roundTrips: 1000,
  },
};

/** A prime near 64 MiB: places that differ by a power of two hold different bytes. */
const BLOCK_BYTES = 67_108_859;
const PAGE_BYTES = 4096;
const LINES_AT_ONCE = 100_000;

function writeBytes(path, bytes) {
  const block = randomFillSync(Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, bytes)));
  const fd = openSync(path, "w");
  for (let left = bytes; left > 0; ) left -= writeSync(fd, block, 0, Math.min(left, block.length));
  closeSync(fd);
}

/** Lines of 3 to 95 characters, half of them over 40: like a log's, always the same. */
function writeLines(path, bytes, random) {
  const words = Array.from({ length: LINES_AT_ONCE }, (_, line) => {
    const length = Math.floor(random() * 90);
    return `${line % 100} ${"status=200 path=/index.html agent=curl ".repeat(3).slice(0, length)}\n`;
  });
  const block = Buffer.from(words.join(""));
  const fd = openSync(path, "w");
  for (let left = bytes; left > 0; left -= block.length) writeSync(fd, block);
  closeSync(fd);
}

/** Files of 0 to 6 bytes, so that a seventh of them is empty. */
function makeTree(root, { folders, filesInFolder }) {
  for (let folder = 0; folder < folders; folder++) {
    const path = join(root, `${folder % 10}`, `folder-${folder}`);
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < filesInFolder; file++)
      writeFileSync(join(path, `file-${file}.txt`), "crossb".slice(0, (folder + file) % 7));
  }
}

/** Offset and length of each piece, as C and Float64Array have them. */
function writeRanges(path, offsets, length) {
  const pairs = Float64Array.from(offsets.flatMap((offset) => [offset, length]));
  writeFileSync(path, new Uint8Array(pairs.buffer));
}

/** Different pages of the file in random order: the first of a Fisher-Yates shuffle. */
function differentPages(count, pages, random) {
  const numbers = Uint32Array.from({ length: pages }, (_, page) => page);
  return Array.from({ length: count }, (_, at) => {
    const other = at + Math.floor(random() * (pages - at));
    [numbers[at], numbers[other]] = [numbers[other], numbers[at]];
    return numbers[at] * PAGE_BYTES;
  });
}

/** What each row needs made: rows that are not asked for make nothing. */
const makers = {
  data: ({ data }, { fileBytes }) => writeBytes(data, fileBytes),
  cold: ({ cold }, { fileBytes }) => writeBytes(cold, fileBytes),
  text: ({ text }, { textBytes }, random) => writeLines(text, textBytes, random),
  tree: ({ tree }, size) => makeTree(tree, size),
  smallRanges({ smallRanges }, { pieces, fileBytes }, random) {
    const offset = () => Math.floor(random() * (fileBytes - 64));
    writeRanges(smallRanges, Array.from({ length: pieces }, offset), 64);
  },
  pageRanges({ pageRanges }, { pieces, fileBytes }, random) {
    const offset = () => Math.floor(random() * (fileBytes / PAGE_BYTES)) * PAGE_BYTES;
    writeRanges(pageRanges, Array.from({ length: pieces }, offset), PAGE_BYTES);
  },
  coldRanges({ coldRanges }, { coldPieces, fileBytes }, random) {
    const offsets = differentPages(coldPieces, fileBytes / PAGE_BYTES, random);
    writeRanges(coldRanges, offsets, PAGE_BYTES);
  },
};

/** The path of everything that can be made in `folder`. */
export function pathsIn(folder) {
  return Object.fromEntries(Object.keys(makers).map((name) => [name, join(folder, name)]));
}

/** Makes what is named. The seed decides where the pieces are. */
export function makeFiles(names, paths, size, seed) {
  const random = randomNumbers(seed);
  for (const [name, make] of Object.entries(makers)) {
    if (names.has(name)) make(paths, size, random);
  }
}
