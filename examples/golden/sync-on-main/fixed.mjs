// sync-on-main, fixed: four children run while the event loop serves others. [children]
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const children = Number(process.argv[2] ?? 16);
const answer = ["-c", "sleep 0.03; echo answer"];
const run = promisify(execFile);
let bytes = 0;
let left = children;

async function ask() {
  while (left-- > 0) {
    const { stdout } = await run("sh", answer);
    bytes += stdout.length;
  }
}

await Promise.all([ask(), ask(), ask(), ask()]);
console.log(bytes);
