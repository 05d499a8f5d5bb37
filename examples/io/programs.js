/**
 * The programs of this folder: for each job one in plain Node and one with @crossbill/io, which print the
 * same. `node examples/io/programs.js` lists them.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Records of 64 to 191 bytes, and where each of them is. */
function makeRecords(folder, count) {
  const index = new Float64Array(2 * count);
  const file = openSync(join(folder, "records"), "w");
  const record = Buffer.alloc(192, "crossbill ");
  const block = [];
  for (let number = 0, offset = 0; number < count; number++) {
    const length = 64 + ((number * 37) % 128);
    index.set([offset, length], 2 * number);
    record.writeUInt32LE((number * 7919) % 100_003);
    block.push(Buffer.from(record.subarray(0, length)));
    offset += length;
    if (block.length === 4096 || number === count - 1)
      writeSync(file, Buffer.concat(block.splice(0)));
  }
  closeSync(file);
  writeFileSync(join(folder, "records.index"), new Uint8Array(index.buffer));
}

function makeLog(folder, count) {
  const status = (line) => (line % 97 === 0 ? 500 : line % 31 === 0 ? 404 : 200);
  const lines = Array.from(
    { length: count },
    (_, line) => `2026-01-01T00:00:00Z ${status(line)} GET /page/${line % 1009} ${line * 31} us\n`,
  );
  writeFileSync(join(folder, "log"), lines.join(""));
}

function makeTree(folder, count) {
  const extensions = [".txt", ".json", ".md", ""];
  for (let file = 0; file < count; file++) {
    const path = join(folder, "tree", `${file % 10}`, `${Math.floor(file / 100)}`);
    if (file % 100 < 10) mkdirSync(path, { recursive: true });
    writeFileSync(join(path, `file-${file}${extensions[file % 4]}`), "crossb".slice(file % 6));
  }
}

/** Prime numbers, so that no count of crossings comes about by chance. */
export const pairs = [
  {
    name: "index-reader",
    counts: { bills: 100_003, test: 1009 },
    make: (folder, count) => makeRecords(folder, 10 * count),
    takesCount: true,
  },
  { name: "log-shipper", counts: { bills: 200_003, test: 10_007 }, make: makeLog },
  { name: "directory-indexer", counts: { bills: 20_011, test: 1009 }, make: makeTree },
];

/** Makes what a pair works on in `folder`; gives the commands of both versions. */
export function preparePair({ name, make, takesCount = false }, folder, count) {
  make(folder, count);
  const command = (version) => {
    const program = join(here, name, `${version}.mjs`);
    return [process.execPath, program, folder, ...(takesCount ? [String(count)] : [])];
  };
  return { plain: command("plain"), library: command("library") };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { name } of pairs) console.log(name);
}
