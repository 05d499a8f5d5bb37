/** The tools that give call sites their names, for the doctor. */
import { spawnSync } from "node:child_process";
import type { Feature } from "../doctor-system.ts";

/** Each with the Debian package that brings it. */
const tools = [
  ["prlimit", "util-linux"],
  ["readelf", "binutils"],
  ["addr2line", "binutils"],
] as const;
const TIMEOUT_MS = 5000;

/** Tries each of them. */
export function symbolToolsFeature(): Feature {
  const name = "call sites";
  const missing = tools.filter(([tool]) => !answers(tool));
  if (missing.length === 0) {
    return { name, state: "works", why: "addr2line names functions and lines", remedy: null };
  }
  const packages = [...new Set(missing.map(([, brings]) => brings))].join(" ");
  return {
    name,
    state: "does not",
    why: `${missing.map(([tool]) => tool).join(", ")} missing: they stay addresses`,
    remedy: `sudo apt-get install ${packages}`,
  };
}

function answers(tool: string): boolean {
  return spawnSync(tool, ["--version"], { stdio: "ignore", timeout: TIMEOUT_MS }).status === 0;
}
