// Makes packages/io ready to be packed: what npm puts into the package and git does not have.
//
// Usage: node tools/io-package.js fill | clear
//   fill: builds, copies the C sources, the headers of Node-API and the licence, and compiles the
//   addon from just those, as an install would. clear: takes it all away again.
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync } from "node:fs";

const at = (path) => new URL(`../${path}`, import.meta.url);
const made = ["packages/io/native", "packages/io/prebuilt", "packages/io/LICENSE"].map(at);

/** The sources of the addon, and what it links of the lab's (IO_LAB in the Makefile). */
function copySources() {
  const sources = at("packages/native/src/");
  const target = at("packages/io/native/");
  mkdirSync(target, { recursive: true });
  cpSync(new URL("io", sources), new URL("io", target), { recursive: true });
  for (const name of ["uring.c", "uring.h"])
    copyFileSync(new URL(name, sources), new URL(name, target));
  const headers = at("node_modules/node-api-headers/");
  cpSync(new URL("include", headers), new URL("node-api", target), { recursive: true });
  copyFileSync(new URL("LICENSE", headers), new URL("node-api/LICENSE", target));
}

async function fill() {
  execFileSync("npm", ["exec", "--", "tsc", "-b", "packages/io"], {
    cwd: at(""),
    stdio: "inherit",
  });
  copySources();
  copyFileSync(at("LICENSE"), at("packages/io/LICENSE"));
  const { compileNative } = await import("../packages/io/dist/compile.js");
  const { nativePlace } = await import("../packages/io/dist/native.js");
  const failure = compileNative(at("packages/io/native").pathname, nativePlace());
  if (failure !== null) throw new Error(failure);
}

function clear() {
  for (const path of made) if (existsSync(path)) rmSync(path, { recursive: true });
}

const tasks = { fill, clear };
const task = tasks[process.argv[2]];
if (task === undefined) throw new Error("usage: node tools/io-package.js fill | clear");
clear();
await task();
