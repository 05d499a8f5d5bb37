/** tree: the files of a tree that are not empty, counted with their bytes. */
import { promises, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import * as io from "../../../packages/io/dist/index.js";

/** What each way finds; the paths are made in any case, as a program that uses them would need. */
class Found {
  #files = 0;
  #bytes = 0;
  #characters = 0;

  add(path, size) {
    this.#characters += path.length;
    this.#bytes += size;
    if (size > 0) this.#files++;
  }

  toString() {
    return `${this.#files} files of ${this.#bytes} bytes, ${this.#characters} characters`;
  }
}

async function byPromises(root, found) {
  const entries = await promises.readdir(root, { withFileTypes: true });
  const visits = entries.map(async (entry) => {
    const path = join(root, entry.name);
    if (entry.isDirectory()) return await byPromises(path, found);
    found.add(path, (await promises.stat(path)).size);
  });
  await Promise.all(visits);
}

function bySync(root, found) {
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    const path = join(root, entry.name);
    if (entry.isDirectory()) bySync(path, found);
    else found.add(path, statSync(path).size);
  }
}

async function byEntries(root, found) {
  for await (const entry of io.walk(root)) if (entry.isFile()) found.add(entry.path, entry.size);
}

async function byBatches(root, found) {
  for await (const batch of io.walk(root).batches())
    for (const entry of batch) if (entry.isFile()) found.add(entry.path, entry.size);
}

function way(walk) {
  const pass = async (root) => {
    const found = new Found();
    await walk(root, found);
    return String(found);
  };
  return ({ tree, warmTree }) => ({
    warm: () => pass(warmTree),
    work: () => pass(tree),
    check: (found) => found,
  });
}

export const ways = {
  promises: way(byPromises),
  sync: way(bySync),
  entries: way(byEntries),
  batches: way(byBatches),
};
