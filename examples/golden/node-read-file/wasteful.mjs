// Counts the lines of a big file that it has in memory as a whole.
import { readFile } from "node:fs/promises";
import { madeFile } from "../made-file.mjs";

const text = await readFile(madeFile(200 << 20));
let lines = 0;
for (let at = text.indexOf(10); at !== -1; at = text.indexOf(10, at + 1)) lines += 1;
console.log(`${lines} lines`);
