// Ships the lines of a log to a collector in another process: over a channel, a message for each line.
//   node library.mjs FOLDER
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { channel, lines } from "@crossbill/io";

const [, , folder] = process.argv;
const name = `log-shipper-${process.pid}`;
const program = fileURLToPath(new URL("library-collector.mjs", import.meta.url));
const collector = spawn(process.execPath, [program, name], { stdio: "inherit" });
const ended = once(collector, "exit");
const link = await channel(name);
for await (const line of lines(join(folder, "log"), { encoding: "buffer" })) {
  const waited = link.send(line);
  if (waited !== undefined) await waited;
}
await link.end();
const [status] = await ended;
link.close();
process.exitCode = status;
