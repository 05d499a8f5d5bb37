// Ships the lines of a log to a collector in another process: over a Unix socket, a write for each line.
//   node plain.mjs FOLDER
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const [, , folder] = process.argv;
const path = join(folder, `collector-${process.pid}`);
const server = createServer().listen(path);
await once(server, "listening");
const program = fileURLToPath(new URL("plain-collector.mjs", import.meta.url));
const collector = spawn(process.execPath, [program, path], { stdio: "inherit" });
const [socket] = await once(server, "connection");
server.close();
for await (const line of createInterface({ input: createReadStream(join(folder, "log")) })) {
  if (!socket.write(`${line}\n`)) await once(socket, "drain");
}
socket.end();
const [status] = await once(collector, "exit");
process.exitCode = status;
