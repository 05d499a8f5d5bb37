/** made-file: a file of lines in the working directory, made once and kept: its path. */
import { closeSync, openSync, renameSync, statSync, writeSync } from "node:fs";

const LINE = `${"words ".repeat(106)}end\n`;

export function madeFile(bytes) {
  const path = `lines-${bytes}`;
  if (statSync(path, { throwIfNoEntry: false })?.size === bytes) return path;
  const draft = `${path}.${process.pid}`;
  const file = openSync(draft, "wx");
  const block = Buffer.from(LINE.repeat(512));
  for (let left = bytes; left > 0; left -= writeSync(file, block, 0, Math.min(left, block.length)));
  closeSync(file);
  renameSync(draft, path);
  return path;
}
