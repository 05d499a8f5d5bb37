// thread-pool-hops, fixed: what the page cache answers at once is asked at once. [questions]
import { statSync } from "node:fs";

const questions = Number(process.argv[2] ?? 20_000);
let bytes = 0;
for (let i = 0; i < questions; i++) bytes += statSync("/etc/passwd").size;
console.log(bytes);
