// sync-on-main, wasteful: the event loop waits for one child after the other. [children]
import { execFileSync } from "node:child_process";

const children = Number(process.argv[2] ?? 16);
const answer = ["-c", "sleep 0.03; echo answer"];
let bytes = 0;
for (let i = 0; i < children; i++) bytes += execFileSync("sh", answer).length;
console.log(bytes);
