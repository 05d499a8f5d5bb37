/** build: compiles the floor, the empty pair of BPF programs that the recorders are held against. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = `${here}build`;

function compile(program, args) {
  const { error, status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (error) return `${program} is missing`;
  return status === 0 ? null : `${program}: ${stderr.trim().split("\n")[0]}`;
}

/** Builds the floor. Returns { command } or { why, apt } when it cannot be built. */
export function buildFloor() {
  mkdirSync(out, { recursive: true });
  const object = `${out}/floor.bpf.o`;
  const loader = `${out}/floor`;
  // Debian keeps <asm/types.h> in a folder that only the native target looks into.
  const machine = process.arch === "x64" ? "x86_64" : "aarch64";
  const include = `-I/usr/include/${machine}-linux-gnu`;
  const bpf = ["-O2", "-g", "-target", "bpf", include, "-c", `${here}floor.bpf.c`, "-o", object];
  const native = ["-O2", "-Wall", "-Wextra", "-Werror", `${here}floor.c`, "-o", loader, "-lbpf"];
  const why = compile("clang", bpf) ?? compile("gcc", native);
  return why === null
    ? { command: [loader, object] }
    : { why, apt: "clang libbpf-dev gcc linux-libc-dev" };
}
