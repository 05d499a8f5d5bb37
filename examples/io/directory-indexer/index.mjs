// What both versions tell of a tree: its files, and their bytes by extension.
import { extname } from "node:path";

export class Index {
  #files = 0;
  #byExtension = new Map();

  add(path, size) {
    const extension = extname(path) || "none";
    this.#files++;
    this.#byExtension.set(extension, (this.#byExtension.get(extension) ?? 0) + size);
  }

  print() {
    const sums = [...this.#byExtension].toSorted(([a], [b]) => a.localeCompare(b));
    const texts = sums.map(([extension, bytes]) => `${extension} ${bytes} bytes`);
    console.log(`${this.#files} files; ${texts.join(", ")}`);
  }
}
