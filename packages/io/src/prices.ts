/** prices: what the machine charges, from crossbill's calibration where there is one, else by default. */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isLike, machineFacts } from "./machine.ts";

/** Nanoseconds, of which the choice of a mechanism is made. */
export interface Prices {
  /** One pread of data in the page cache, without its bytes. */
  readonly read: number;
  /** Copying a byte that no cache of the processor has. */
  readonly byte: number;
  /** A fault on a file's mapping; the kernel maps up to 16 pages around it. */
  readonly fault: number;
  /** One io_uring request: its entry, its completion and the read itself. */
  readonly request: number;
  /** "measured" when a file of prices of this machine was found. */
  readonly source: "measured" | "default";
}

/** Of a server of the 2020s in a virtual machine; only their proportions matter. */
const defaults: Prices = {
  read: 450,
  byte: 0.09,
  fault: 1200,
  request: 600,
  source: "default",
};

/** Prices are a few kilobytes; a larger file is not crossbill's. */
const MOST_BYTES = 1 << 20;
/** One for each machine that shares the home folder. */
const MOST_FILES = 64;

function folder(): string {
  const cache = process.env["XDG_CACHE_HOME"];
  return join(cache?.startsWith("/") === true ? cache : join(homedir(), ".cache"), "crossbill");
}

/** This machine's files of prices, newest first: those of others are not looked at. */
function readFitting(where: string): unknown {
  const facts = machineFacts();
  const files = readdirSync(where)
    .filter((name) => /^prices-[0-9A-Za-z]+\.json$/.test(name))
    .slice(0, MOST_FILES)
    .map((name) => join(where, name));
  const newestFirst = files.toSorted((a, b) => lstatSync(b).mtimeMs - lstatSync(a).mtimeMs);
  for (const path of newestFirst) {
    const file = readOwn(path);
    if (isLike(Object.getOwnPropertyDescriptor(file ?? {}, "machine")?.value, facts)) return file;
  }
  return null;
}

/** A file's content; null when others can write it, or it is another's, or no JSON. */
function readOwn(path: string): object | null {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { uid, mode, size } = fstatSync(fd);
    const isOwn = uid === process.getuid?.() && (mode & constants.S_IFMT) === constants.S_IFREG;
    if (!isOwn || (mode & 0o022) !== 0 || size > MOST_BYTES) return null;
    const text = Buffer.alloc(size);
    const value: unknown = JSON.parse(text.toString("utf8", 0, readSync(fd, text, 0, size, 0)));
    return typeof value === "object" ? value : null;
  } catch {
    return null; // A link, or broken: another file may be whole.
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** The positive number at the end of a path of keys, or null. */
function numberAt(value: unknown, ...keys: (string | number)[]): number | null {
  let at: unknown = value;
  for (const key of keys) {
    if (typeof at !== "object" || at === null) return null;
    at = Object.getOwnPropertyDescriptor(at, key)?.value;
  }
  return typeof at === "number" && Number.isFinite(at) && at > 0 ? at : null;
}

/** Copying from memory is the last tier: the one without an upper bound. */
function copyPrice(file: unknown): number | null {
  const tiers = Object.getOwnPropertyDescriptor(file, "copyNsPerByte")?.value;
  return Array.isArray(tiers) ? numberAt(tiers.at(-1), "ns", "likely") : null;
}

/** Takes what a file of prices has, and the default for what it lacks. */
export function pricesFrom(file: unknown): Prices {
  if (typeof file !== "object" || file === null) return defaults;
  const read = numberAt(file, "oneByteReadNs", "likely");
  const entry = numberAt(file, "mechanisms", "uring-entry", "ns", "likely");
  return {
    read: read ?? defaults.read,
    byte: copyPrice(file) ?? defaults.byte,
    fault: numberAt(file, "fileFaultNs", "likely") ?? defaults.fault,
    request: entry === null ? defaults.request : entry + (read ?? defaults.read),
    source: read === null ? "default" : "measured",
  };
}

/** The prices of this machine that a folder has, or the defaults. */
export function pricesIn(where: string): Prices {
  try {
    return pricesFrom(readFitting(where));
  } catch {
    return defaults; // No folder, or none that can be read: that is no failure of the caller's.
  }
}

let known: Prices | undefined;

/** This machine's prices, read once. */
export function prices(): Prices {
  known ??= pricesIn(folder());
  return known;
}
