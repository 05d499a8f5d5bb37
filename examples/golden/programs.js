/**
 * The golden programs: for each finding a small real program that wastes, and its fixed twin. Both do
 * the same work and print the same. `node examples/golden/programs.js` lists them.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));

/** Needs no rights, and is there wherever the tests run. */
const interpreters = { ".py": ["python3"], ".mjs": [process.execPath], ".sh": ["bash"] };

/** What compiling C costs once: each program goes into `build`. */
function commandOf(source, build) {
  const kind = extname(source);
  if (kind !== ".c") return [...interpreters[kind], source];
  const program = join(build, `${basename(join(source, ".."))}-${basename(source, kind)}`);
  execFileSync("gcc", ["-O2", "-g", "-Wall", "-Werror", "-pthread", "-o", program, source]);
  return [program];
}

/** Names of the findings that have a pair. */
export function goldenCodes() {
  return readdirSync(folder).filter((name) => statSync(join(folder, name)).isDirectory());
}

/**
 * The two commands of a finding's pair, compiled into the folder `build` where that is needed. Each
 * makes what it needs in its working directory, which must be an empty folder of its own.
 */
export function goldenPair(code, build) {
  const files = readdirSync(join(folder, code));
  const find = (name) => {
    const file = files.find((one) => basename(one, extname(one)) === name);
    if (file === undefined) throw new Error(`${code}: there is no ${name} program`);
    return commandOf(join(folder, code, file), build);
  };
  return { code, wasteful: find("wasteful"), fixed: find("fixed") };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const code of goldenCodes()) console.log(code);
}
