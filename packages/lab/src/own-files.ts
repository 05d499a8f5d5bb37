/** own-files: files under XDG_CACHE_HOME that nobody else could have written. */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { PermissionError } from "@crossbill/core";

const OTHERS_MAY_WRITE = 0o022;

/** The folder of all of them; XDG_CACHE_HOME counts only when absolute (XDG Base Directory 0.8). */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const cache = environment["XDG_CACHE_HOME"];
  const root = cache !== undefined && isAbsolute(cache) ? cache : join(homedir(), ".cache");
  return join(root, "crossbill");
}

/** A machine's key, cut to what a file name should be. */
export function keyName(key: string): string {
  return key.replace(/[^0-9A-Za-z]/g, "").slice(0, 64);
}

/** Text of a file that is ours alone; `missing` when there is none. */
export type OwnText =
  | { readonly state: "text"; readonly text: string }
  | { readonly state: "missing" }
  | { readonly state: "bad"; readonly why: string };

/** Reads a regular file of at most `mostBytes`; never throws on what the path holds. */
export function readOwn(path: string, mostBytes: number): OwnText {
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
    if (stats.size > mostBytes) return { state: "bad", why: `it has ${stats.size} bytes` };
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

/**
 * Writes a file in one step: a reader sees the old one or the new one whole. `what` names it in
 * messages. @throws PermissionError when its folder is not ours alone or not writable.
 */
export function writeOwn(path: string, text: string, what: string): void {
  const folder = dirname(path);
  const temporary = `${path}.${process.pid}.new`;
  try {
    ownFolder(folder);
    rmSync(temporary, { force: true }); // Left by a process of this number that was killed.
    writeFileSync(temporary, text, { flag: "wx", mode: 0o600 });
    renameSync(temporary, path);
  } catch (cause) {
    if (cause instanceof PermissionError) throw cause;
    throw new PermissionError(`${what} cannot be stored in ${folder}: ${errorCode(cause)}`, {
      cause,
      remedy: "make the folder writable, or set XDG_CACHE_HOME",
    });
  }
}

/** Why somebody else could have written this, or null when only we could. */
function distrust(stats: Stats): string | null {
  const self = process.geteuid?.();
  if (stats.uid !== self) return `it belongs to user ${stats.uid}, not to user ${self}`;
  if ((stats.mode & OTHERS_MAY_WRITE) !== 0) return "other users may write to it";
  return null;
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

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
