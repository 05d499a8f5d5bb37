/** prices-store: keeps each machine's prices under XDG_CACHE_HOME, readable by their owner alone. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { CrossbillError, type Machine, type Prices, parsePrices } from "@crossbill/core";
import { cacheFolder, keyName, readOwn, writeOwn } from "./own-files.ts";

/** Prices are a few kilobytes; a larger file is not ours. */
const MOST_BYTES = 1 << 20;
/** Other machines' files looked at for the reason why none fits. */
const MOST_FILES = 64;

/** What the store knows of a machine. */
export type PricesLookup =
  | { readonly state: "found"; readonly prices: Prices; readonly path: string }
  | { readonly state: "missing"; readonly path: string }
  /** Prices are there, but of a machine that differs in these respects. */
  | { readonly state: "mismatch"; readonly differs: readonly string[]; readonly path: string }
  /** A file is there and must not or cannot be used: bad owner, broken, newer version. */
  | {
      readonly state: "unusable";
      readonly why: string;
      readonly remedy: string;
      readonly path: string;
    };

/** Folder of the store. */
export function pricesFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return cacheFolder(environment);
}

/** Path of one machine's prices. */
export function pricesPath(key: string, folder: string = pricesFolder()): string {
  return join(folder, `prices-${keyName(key)}.json`);
}

const respects = ["cpu", "kernel", "hypervisor", "architecture"] as const;

/** In which respects two machines differ, as far as prices depend on them. */
export function machineDifferences(stored: Machine, here: Machine): string[] {
  const differs: string[] = respects
    .filter((name) => stored[name] !== here[name])
    .map((name) => `${name}: ${stored[name] ?? "unknown"}, now ${here[name] ?? "unknown"}`);
  const names = new Set([...Object.keys(stored.mitigations), ...Object.keys(here.mitigations)]);
  const changed = [...names].filter((name) => stored.mitigations[name] !== here.mitigations[name]);
  if (changed.length > 0) differs.push(`mitigations: ${changed.toSorted().join(", ")}`);
  // The microcode is only in the key.
  if (differs.length === 0 && stored.key !== here.key) differs.push("microcode");
  return differs;
}

/** The prices of another machine, for the reason why they do not fit; null when there are none. */
function mismatch(machine: Machine, folder: string): PricesLookup | null {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => /^prices-[0-9A-Za-z]+\.json$/.test(name));
  } catch {
    return null;
  }
  let closest: { differs: string[]; path: string } | null = null;
  for (const name of names.slice(0, MOST_FILES)) {
    const path = join(folder, name);
    const read = readOwn(path, MOST_BYTES);
    if (read.state !== "text") continue;
    try {
      const differs = machineDifferences(parsePrices(read.text).machine, machine);
      if (closest === null || differs.length < closest.differs.length) closest = { differs, path };
    } catch {
      // A broken file of another machine explains nothing, and harms nothing here.
    }
  }
  return closest === null ? null : { state: "mismatch", ...closest };
}

/** The prices of this machine, or why there are none. Never throws on what the folder holds. */
export function loadPrices(machine: Machine, folder: string = pricesFolder()): PricesLookup {
  const path = pricesPath(machine.key, folder);
  const unusable = (why: string, remedy?: string): PricesLookup => ({
    state: "unusable",
    why,
    remedy: remedy ?? `remove ${path} and run crossbill calibrate`,
    path,
  });
  const read = readOwn(path, MOST_BYTES);
  if (read.state === "missing") return mismatch(machine, folder) ?? { state: "missing", path };
  if (read.state === "bad") return unusable(read.why);
  try {
    const prices = parsePrices(read.text);
    const differs = machineDifferences(prices.machine, machine);
    return differs.length === 0
      ? { state: "found", prices, path }
      : { state: "mismatch", differs, path };
  } catch (error) {
    if (!(error instanceof CrossbillError)) throw error;
    return unusable(error.message, error.remedy);
  }
}

/**
 * Stores prices for their machine, in one step: a reader sees the old file or the new one whole.
 * Returns the path. @throws PermissionError when the folder is not ours alone or not writable.
 */
export function savePrices(prices: Prices, folder: string = pricesFolder()): string {
  const path = pricesPath(prices.machine.key, folder);
  writeOwn(path, `${JSON.stringify(prices, null, 2)}\n`, "prices");
  return path;
}
