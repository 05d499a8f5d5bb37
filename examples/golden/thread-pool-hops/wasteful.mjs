// thread-pool-hops, wasteful: each small question goes to the thread pool and back. [questions]
import { stat } from "node:fs/promises";

const questions = Number(process.argv[2] ?? 20_000);
let bytes = 0;
for (let i = 0; i < questions; i++) bytes += (await stat("/etc/passwd")).size;
console.log(bytes);
