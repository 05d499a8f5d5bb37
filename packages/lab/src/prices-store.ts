/** prices-store: keeps each machine's prices under XDG_CACHE_HOME, readable by their owner alone. */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import {
  CrossbillError,
  type Machine,
  PermissionError,
  type Prices,
  parsePrices,
} from "@crossbill/core";

/** Prices are a few kilobytes; a larger file is not ours. */
const MOST_BYTES = 1 << 20;
/** Other machines' files looked at for the reason why none fits. */
const MOST_FILES = 64;
const OTHERS_MAY_WRITE = 0o022;

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

/** Folder of the store; XDG_CACHE_HOME counts only when absolute (XDG Base Directory 0.8). */
export function pricesFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const cache = environment["XDG_CACHE_HOME"];
  const root = cache !== undefined && isAbsolute(cache) ? cache : join(homedir(), ".cache");
  return join(root, "crossbill");
}

/** Path of one machine's prices; the key is cut to what a file name should be. */
export function pricesPath(key: string, folder: string = pricesFolder()): string {
  return join(folder, `prices-${key.replace(/[^0-9A-Za-z]/g, "").slice(0, 64)}.json`);
}

/** Why somebody else could have written this, or null when only we could. */
function distrust(stats: Stats): string | null {
  const self = process.geteuid?.();
  if (stats.uid !== self) return `it belongs to user ${stats.uid}, not to user ${self}`;
  if ((stats.mode & OTHERS_MAY_WRITE) !== 0) return "other users may write to it";
  return null;
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}

/** Text of a file that is ours alone; `missing` when there is none. */
type FileText =
  | { state: "text"; text: string }
  | { state: "missing" }
  | { state: "bad"; why: string };

function readOwn(path: string): FileText {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { state: "missing" };
    return { state: "bad", why: code === "ELOOP" ? "it is a symbolic link" : code };
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) return { state: "bad", why: "it is not a regular file" };
    if (stats.size > MOST_BYTES) return { state: "bad", why: `it has ${stats.size} bytes` };
    const why = distrust(stats);
    return why === null
      ? { state: "text", text: readFileSync(file, "utf8") }
      : { state: "bad", why };
  } catch (error) {
    return { state: "bad", why: errorCode(error) };
  } finally {
    closeSync(file);
  }
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
    const read = readOwn(path);
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
  const read = readOwn(path);
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

function ownFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stats = lstatSync(folder);
  const why = stats.isDirectory() ? distrust(stats) : "it is not a directory";
  if (why === null) return;
  throw new PermissionError(`${folder}: ${why}`, {
    remedy: "make it yours and writable by you alone, or set XDG_CACHE_HOME",
  });
}

/**
 * Stores prices for their machine, in one step: a reader sees the old file or the new one whole.
 * Returns the path. @throws PermissionError when the folder is not ours alone or not writable.
 */
export function savePrices(prices: Prices, folder: string = pricesFolder()): string {
  const path = pricesPath(prices.machine.key, folder);
  const temporary = `${path}.${process.pid}.new`;
  try {
    ownFolder(folder);
    rmSync(temporary, { force: true }); // Left by a process of this number that was killed.
    writeFileSync(temporary, `${JSON.stringify(prices, null, 2)}\n`, { flag: "wx", mode: 0o600 });
    renameSync(temporary, path);
  } catch (cause) {
    if (cause instanceof PermissionError) throw cause;
    throw new PermissionError(`prices cannot be stored in ${folder}: ${errorCode(cause)}`, {
      cause,
      remedy: "make the folder writable, or set XDG_CACHE_HOME",
    });
  }
  return path;
}
