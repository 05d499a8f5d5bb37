/** Programs in which nothing is worth changing, so that crossbill must advise nothing but to leave it. */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));

export function silentNames() {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".c"))
    .map((file) => basename(file, ".c"));
}

/** The path of a program, compiled into the folder `build`. It works in its working directory. */
export function silentProgram(name, build) {
  const program = join(build, `silent-${name}`);
  const source = join(folder, `${name}.c`);
  execFileSync("gcc", ["-O2", "-g", "-Wall", "-Werror", "-o", program, source]);
  return program;
}
