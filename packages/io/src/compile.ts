/** compile: makes the native part from the sources in the package, with a C compiler alone. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

/** As the Makefile of the workspace has them. Node finds its own symbols when it loads the result. */
const FLAGS = [
  "-O2",
  "-std=c17",
  "-fvisibility=hidden",
  "-fstack-protector-strong",
  "-D_FORTIFY_SOURCE=2",
  "-DNAPI_VERSION=9",
  "-fPIC",
  "-pthread",
  "-shared",
  "-Wl,-z,relro,-z,now,-z,nodelete",
];

const cFiles = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".c"))
    .map((name) => join(folder, name));

/** Runs a program; what it says of its failure, or null. */
function failureOf(program: string, args: readonly string[]): string | null {
  const { error, status, signal, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (error !== undefined) return error.message;
  if (status === 0) return null;
  return stderr.trim() || `${program} ended with ${signal ?? status}`;
}

/**
 * Compiles the sources in `folder` to `target`, which appears whole or not at all, and only if this
 * Node can load it.
 *
 * @returns What went wrong, or null.
 */
export function compileNative(folder: string, target: string): string | null {
  const [compiler = "gcc", ...prefix] = (process.env["CC"] ?? "gcc").split(" ");
  const made = join(dirname(target), `made-by-${process.pid}.node`);
  const includes = ["-iquote", folder, "-isystem", join(folder, "node-api")];
  const sources = [...cFiles(folder), ...cFiles(join(folder, "io"))];
  mkdirSync(dirname(target), { recursive: true });
  try {
    const failure =
      failureOf(compiler, [...prefix, ...FLAGS, ...includes, "-o", made, ...sources]) ??
      failureOf(process.execPath, ["--eval", `require(${JSON.stringify(made)})`]);
    if (failure === null) renameSync(made, target);
    return failure;
  } finally {
    rmSync(made, { force: true });
  }
}
