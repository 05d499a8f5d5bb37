/** prices: what the machine charges, from crossbill's calibration where there is one, else by default. */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

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
  /** "measured" when a file of prices was found. */
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

function folder(): string {
  const cache = process.env["XDG_CACHE_HOME"];
  return join(cache?.startsWith("/") === true ? cache : join(homedir(), ".cache"), "crossbill");
}

/** The newest file of prices; a file that others can write, or that is another's, is none. */
function readNewest(where: string): unknown {
  const files = readdirSync(where)
    .filter((name) => /^prices-[0-9A-Za-z]+\.json$/.test(name))
    .map((name) => join(where, name));
  const [newest] = files.toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  return newest === undefined ? null : readOwn(newest);
}

function readOwn(path: string): unknown {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { uid, mode, size } = fstatSync(fd);
    const isOwn = uid === process.getuid?.() && (mode & constants.S_IFMT) === constants.S_IFREG;
    if (!isOwn || (mode & 0o022) !== 0 || size > MOST_BYTES) return null;
    const text = Buffer.alloc(size);
    return JSON.parse(text.toString("utf8", 0, readSync(fd, text, 0, size, 0)));
  } finally {
    closeSync(fd);
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

let known: Prices | undefined;

/** This machine's prices, read once. */
export function prices(): Prices {
  if (known !== undefined) return known;
  try {
    known = pricesFrom(readNewest(folder()));
  } catch {
    known = defaults; // No file, or none that can be read: that is no failure of the caller's.
  }
  return known;
}
