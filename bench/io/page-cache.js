/** page-cache: what a row asks of it: a file wholly in it, or not at all. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readSync } from "node:fs";

const CHUNK_BYTES = 2 ** 20;

/** Reads a file into the page cache. */
export function warm(path) {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const fd = openSync(path);
  while (readSync(fd, chunk) > 0);
  closeSync(fd);
}

function output(command, args) {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (error || status !== 0) throw new Error(`${command}: ${error?.message ?? stderr.trim()}`);
  return stdout;
}

/** Writes a file to its disk and drops it from the page cache; throws when the kernel keeps some of it. */
export function dropCache(path) {
  output("dd", [`of=${path}`, "oflag=nocache", "conv=notrunc,fdatasync", "count=0", "status=none"]);
  const bytes = Number(output("fincore", ["--bytes", "--noheadings", "--output", "RES", path]));
  if (bytes > 0) throw new Error(`${bytes} bytes of the cold file are still in the page cache`);
}
