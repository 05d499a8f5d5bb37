/** own-files: files in our own folders that nobody else could have written. */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
  writeSync,
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

/** The folder of what is worth keeping, by XDG_STATE_HOME in the same way. */
export function stateFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const state = environment["XDG_STATE_HOME"];
  const root =
    state !== undefined && isAbsolute(state) ? state : join(homedir(), ".local", "state");
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

/**
 * Appends a line of its own, whole or not at all as far as readers see: a line that an earlier crash
 * cut off is ended first. The file never grows beyond `mostBytes`; `what` names it in messages.
 * @throws PermissionError when the folder or the file is not ours alone, not writable, or full.
 */
export function appendOwn(path: string, line: string, what: string, mostBytes: number): void {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file: number | null = null;
  try {
    ownFolder(dirname(path), "XDG_STATE_HOME");
    file = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    const stats = fstatSync(file);
    const why = stats.isFile() ? distrust(stats) : "it is not a regular file";
    const bytes = Buffer.from(`${endsInLine(file, stats.size) ? "" : "\n"}${line}\n`);
    const full = stats.size + bytes.length > mostBytes ? `it has ${stats.size} bytes` : null;
    if (why !== null || full !== null) {
      throw new PermissionError(`${path}: ${why ?? full}`, { remedy: "move it away" });
    }
    writeSync(file, bytes);
    fsyncSync(file);
  } catch (cause) {
    if (cause instanceof PermissionError) throw cause;
    throw new PermissionError(`${what} cannot be stored in ${path}: ${errorCode(cause)}`, {
      cause,
      remedy: "make the folder writable, or set XDG_STATE_HOME",
    });
  } finally {
    if (file !== null) closeSync(file);
  }
}

function endsInLine(file: number, size: number): boolean {
  const last = Buffer.alloc(1);
  return size === 0 || (readSync(file, last, 0, 1, size - 1) === 1 && last.toString() === "\n");
}

/** Why somebody else could have written this, or null when only we could. */
function distrust(stats: Stats): string | null {
  const self = process.geteuid?.();
  if (stats.uid !== self) return `it belongs to user ${stats.uid}, not to user ${self}`;
  if ((stats.mode & OTHERS_MAY_WRITE) !== 0) return "other users may write to it";
  return null;
}

function ownFolder(folder: string, variable = "XDG_CACHE_HOME"): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stats = lstatSync(folder);
  const why = stats.isDirectory() ? distrust(stats) : "it is not a directory";
  if (why === null) return;
  throw new PermissionError(`${folder}: ${why}`, {
    remedy: `make it yours and writable by you alone, or set ${variable}`,
  });
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
