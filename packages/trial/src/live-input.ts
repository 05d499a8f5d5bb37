/** live-input: standard input for a program that is run many times: every run reads the same. */
import { fstatSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "@crossbill/core";

/** More than this is not kept; the caller can put it into a file of its own. */
const KEPT_BYTES_MAX = 256 * 2 ** 20;
const CHUNK_BYTES = 1 << 20;

export interface LiveInput {
  readonly path: string;
  /** A sentence when a run gets something else than the user gave. */
  readonly notice: string | null;
}

/**
 * The file that each run gets: the one on descriptor 0, a copy of what a pipe brings, or nothing.
 * @throws UsageError when a pipe brings more than is kept.
 */
export function keepInput(folder: string): LiveInput {
  const status = statusOfInput();
  if (status === null || status.isCharacterDevice()) {
    return status?.rdev === nullDevice() || status === null
      ? { path: "/dev/null", notice: null }
      : {
          path: "/dev/null",
          notice: "standard input is a terminal: the program gets an empty one",
        };
  }
  if (status.isFile() && inputOffset() === 0) return { path: "/proc/self/fd/0", notice: null };
  const path = join(folder, "in");
  const bytes = copyInput(path);
  const what = status.isFile() ? "what is left of the file" : "what the pipe brought";
  return {
    path,
    notice: `standard input is a file with ${what}, ${bytes.toLocaleString("en-US")} bytes`,
  };
}

function statusOfInput(): ReturnType<typeof fstatSync> | null {
  try {
    return fstatSync(0);
  } catch {
    return null; // It is closed.
  }
}

function nullDevice(): number {
  return (1 << 8) | 3;
}

/** Where the file on descriptor 0 is read next; its first bytes may be read already. */
function inputOffset(): number {
  const [, offset = "0"] =
    /^pos:\s*(\d+)/m.exec(readFileSync("/proc/self/fdinfo/0", "latin1")) ?? [];
  return Number(offset);
}

function copyInput(path: string): number {
  const to = openSync(path, "wx", 0o600);
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let total = 0;
  for (;;) {
    const length = readChunk(chunk);
    if (length === 0) return total;
    total += length;
    if (total > KEPT_BYTES_MAX) {
      throw new UsageError("standard input brings more than 256 MiB", {
        remedy: "put it into a file: crossbill try --live -- program < file",
      });
    }
    writeSync(to, chunk, 0, length);
  }
}

function readChunk(chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(0, chunk, 0, chunk.length, null);
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error;
      if (error.code === "EOF") return 0;
      // Whoever made the pipe may have made it non-blocking.
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
