/** Counted output: a program's standard output, passed on as it comes, its matching lines counted. */
import { spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UnsupportedError } from "@crossbill/core";
import type { OutputTap } from "./recording-session.ts";
import { errorCode, writeFully } from "./terminal.ts";

/** A line is judged by its beginning: one without an end must not fill the memory. */
const LINE_CHARACTERS_MAX = 64 * 1024;
const CHUNK_BYTES = 64 * 1024;
/** No pipe of an ordinary user holds more: /proc/sys/fs/pipe-max-size. */
const PIPE_BYTES_MAX = 1024 * 1024;

/** Counts lines in pieces of text, which may end anywhere. */
export class LineCounter {
  #line = "";
  #count = 0;
  readonly #pattern: RegExp;

  constructor(pattern: RegExp) {
    this.#pattern = pattern;
  }

  add(text: string): void {
    const pieces = text.split("\n");
    for (const [index, piece] of pieces.entries()) {
      const room = LINE_CHARACTERS_MAX - this.#line.length;
      this.#line += piece.slice(0, Math.max(0, room));
      if (index < pieces.length - 1) this.#end();
    }
  }

  /** How many lines matched; what follows the last newline is one, unless it is empty. */
  total(): number {
    if (this.#line !== "") this.#end();
    return this.#count;
  }

  #end(): void {
    // test() of a global expression would remember where it was.
    if (this.#line.search(this.#pattern) >= 0) this.#count += 1;
    this.#line = "";
  }
}

/**
 * A pipe for the program, of which all goes on to `to`. `onEnd` gets how many lines matched. A real
 * pipe, not the socket that Node would make: programs open /dev/stdout anew, which sockets refuse.
 */
export function countOutput(pattern: RegExp, to: 1 | 2, onEnd: (lines: number) => void): OutputTap {
  const counter = new LineCounter(pattern);
  const decoder = new TextDecoder();
  const { reading, draining, writing } = openPipe();
  const take = (bytes: Uint8Array) => {
    writeFully(to, bytes);
    counter.add(decoder.decode(bytes, { stream: true }));
  };
  const socket = new Socket({ fd: reading, readable: true, writable: false });
  socket.on("data", take);
  let isOurs = true;
  const handOver = () => {
    if (isOurs) closeSync(writing);
    isOurs = false;
  };
  return {
    descriptor: writing,
    handOver,
    finish() {
      handOver();
      drain(draining, take);
      closeSync(draining);
      socket.destroy();
      onEnd(counter.total());
    },
  };
}

interface Pipe {
  readonly reading: number;
  /** Another end for reading, for what is left when the program has ended. */
  readonly draining: number;
  readonly writing: number;
}

/** A pipe with a name for as long as it takes to open its ends: Node has no other. */
function openPipe(): Pipe {
  const folder = mkdtempSync(join(tmpdir(), "crossbill-output-"));
  try {
    const path = join(folder, "pipe");
    const { status } = spawnSync("mkfifo", ["--mode=600", path], { stdio: "ignore" });
    if (status !== 0) {
      throw new UnsupportedError("counting lines of output without mkfifo(1)", null, {
        remedy: "install coreutils, or say how many units there are with --per",
      });
    }
    const ours = constants.O_RDONLY | constants.O_NONBLOCK;
    return {
      reading: openSync(path, ours),
      draining: openSync(path, ours),
      writing: openSync(path, "w"),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Others may keep the pipe open and write on, so its end is not waited for: what it held is enough. */
function drain(descriptor: number, take: (bytes: Uint8Array) => void): void {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let left = PIPE_BYTES_MAX; left > 0; ) {
    const size = readNow(descriptor, chunk);
    if (size === 0) return;
    take(chunk.subarray(0, size));
    left -= size;
  }
}

/** 0: there is nothing, or nobody left to write. */
function readNow(descriptor: number, chunk: Uint8Array): number {
  try {
    return readSync(descriptor, chunk);
  } catch (error) {
    if (errorCode(error) === "EAGAIN") return 0;
    throw error;
  }
}
