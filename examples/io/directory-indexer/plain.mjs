// Indexes the files of a tree: readdir for each folder, stat for each file.
//   node plain.mjs FOLDER
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Index } from "./index.mjs";

const index = new Index();

async function visit(folder) {
  const entries = await readdir(folder, { withFileTypes: true });
  const visits = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await visit(path);
    else index.add(path, (await stat(path)).size);
  });
  await Promise.all(visits);
}

await visit(join(process.argv[2], "tree"));
index.print();
