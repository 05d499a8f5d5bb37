// Counts the lines of a big file through one small buffer.
import { closeSync, openSync, readSync } from "node:fs";
import { madeFile } from "../made-file.mjs";

const file = openSync(madeFile(200 << 20));
const buffer = Buffer.allocUnsafeSlow(128 * 1024);
let lines = 0;
for (let got = readSync(file, buffer); got > 0; got = readSync(file, buffer)) {
  const text = buffer.subarray(0, got);
  for (let at = text.indexOf(10); at !== -1; at = text.indexOf(10, at + 1)) lines += 1;
}
closeSync(file);
console.log(`${lines} lines`);
