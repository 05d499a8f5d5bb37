/** limits: compiles the C programs that the rows are held against. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("limits", import.meta.url));
const FLAGS = ["-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wconversion"];

/** Compiles each program into `folder`; throws with what gcc says. */
export function buildLimits(folder) {
  for (const source of readdirSync(here).filter((name) => name.endsWith(".c"))) {
    const program = join(folder, basename(source, ".c"));
    const { error, status, stderr } = spawnSync(
      "gcc",
      [...FLAGS, "-o", program, join(here, source)],
      { encoding: "utf8" },
    );
    if (error) throw new Error("gcc is missing: apt-get install gcc libc6-dev");
    if (status !== 0) throw new Error(`gcc: ${stderr.trim().split("\n")[0]}`);
  }
}
