/** Lost variables: those of our environment whose bytes Node's process.env did not keep. */
import { readFileSync } from "node:fs";
import { decodeBytes } from "@crossbill/core";

/** What a shell can export; others are rare enough to stay as Node has them. */
const EXPORTABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Byte text by name, of the variables in `environment` that are as crossbill was started with. */
export function lostVariables(environment: NodeJS.ProcessEnv): Map<string, string> {
  try {
    return bytesLost(readFileSync("/proc/self/environ"), environment);
  } catch {
    return new Map(); // No /proc: nothing better to be had.
  }
}

/** The same, of an environment as the kernel keeps it. */
export function bytesLost(kept: Buffer, environment: NodeJS.ProcessEnv): Map<string, string> {
  const lost = new Map<string, string>();
  // One code unit a byte, so that splitting keeps them.
  for (const entry of kept.toString("latin1").split("\0")) {
    const [name = ""] = entry.split("=", 1);
    const value = Buffer.from(entry.slice(name.length + 1), "latin1");
    const asNodeReads = value.toString("utf8");
    if (environment[name] !== asNodeReads || value.equals(Buffer.from(asNodeReads))) continue;
    if (EXPORTABLE.test(name)) lost.set(name, decodeBytes(value));
  }
  return lost;
}
