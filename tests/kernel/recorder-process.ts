/** A recorder as a process of its own, and strace beside it: what the recorders' tests start and read. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import {
  type RecordedFacts,
  type RecorderName,
  recorderBinary,
  type StreamEnd,
  StreamReader,
} from "@crossbill/recorder";

const folders: string[] = [];

/** A fresh folder for what a test makes. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "crossbill-recorder-"));
  folders.push(folder);
  return folder;
}

/** Removes them all. */
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Compiles tests/kernel/programs/NAME.c; returns the program's path. */
export function buildProgram(name: string): string {
  const source = fileURLToPath(new URL(`programs/${name}.c`, import.meta.url));
  const program = join(makeFolder(), name);
  execFileSync("gcc", ["-std=c17", "-O1", "-Wall", "-Wextra", "-o", program, source, "-pthread"]);
  return program;
}

export interface RecorderOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** "sampled" by default; the ptrace recorder times every call whatever is said. */
  readonly timing?: "sampled" | "exact";
  /** How many accesses to keep in order. */
  readonly sequence?: number;
}

/** A running recorder. */
export class RecorderProcess {
  readonly child: ChildProcess;
  /** The target's standard output so far. */
  output = "";
  readonly #reader: StreamReader;
  readonly #control: Socket;
  readonly #started: Promise<number>;
  readonly #finished: Promise<void>;
  #malformed: unknown = null;

  constructor(
    recorder: RecorderName,
    mode: "run" | "attach",
    rest: readonly string[],
    options: RecorderOptions = {},
  ) {
    const flags = ["--stream", "3", "--control", "4", "--timing", options.timing ?? "sampled"];
    if (options.sequence !== undefined) flags.push("--sequence", `${options.sequence}`);
    this.child = spawn(recorderBinary(recorder), [mode, ...flags, ...rest], {
      stdio: ["ignore", "pipe", "ignore", "pipe", "pipe"],
      cwd: options.cwd,
      env: { ...process.env, ...options.environment },
    });
    let announce = (_pid: number): void => {};
    this.#started = new Promise((resolve) => {
      announce = resolve;
    });
    this.#reader = new StreamReader((pid) => {
      announce(pid);
    });
    this.child.stdout?.on("data", (chunk: Buffer) => {
      this.output += chunk.toString();
    });
    const [, , , stream, control] = this.child.stdio;
    if (!(stream instanceof Readable && control instanceof Socket))
      throw new Error("the recorder has no pipes");
    stream.on("data", (chunk: Buffer) => {
      try {
        this.#reader.push(chunk);
      } catch (error) {
        stream.destroy();
        this.#malformed ??= error;
      }
    });
    this.#control = control;
    // The recorder may be killed with a command unread.
    this.#control.on("error", () => {});
    this.#finished = new Promise((resolve) => {
      stream.on("close", resolve);
    });
  }

  /** Resolves to the target's process id once it has passed its execve. */
  started(): Promise<number> {
    return this.#started;
  }

  /** Sends bytes of the control protocol. */
  command(...bytes: readonly (number | string)[]): void {
    const codes = bytes.map((byte) => (typeof byte === "string" ? byte.charCodeAt(0) : byte));
    this.#control.write(Uint8Array.from(codes));
  }

  /** Closes the control descriptor, as the end of the parent would. */
  abandon(): void {
    this.#control.destroy();
  }

  /** The stream's end, as its reader understands it. */
  async end(): Promise<StreamEnd> {
    await this.#finished;
    if (this.#malformed !== null) throw this.#malformed;
    return this.#reader.finish();
  }

  /** What was recorded; throws when the stream is not whole. */
  async facts(): Promise<RecordedFacts> {
    const end = await this.end();
    if (end.kind !== "recorded") throw new Error(JSON.stringify(end));
    return end.facts;
  }

  /** All the target wrote, once everything that could write has ended. */
  async outputAtEnd(): Promise<string> {
    if (this.child.stdout?.closed === false) await once(this.child.stdout, "close");
    return this.output;
  }
}

/** Runs a command under a recorder to its end. */
export function recordWith(
  recorder: RecorderName,
  command: readonly string[],
  options: RecorderOptions = {},
): Promise<RecordedFacts> {
  return new RecorderProcess(recorder, "run", ["--", ...command], options).facts();
}

/** Calls and errors by system call, without those that never returned. */
export type CallCounts = Record<string, { readonly calls: number; readonly errors: number }>;

export function countCalls(facts: RecordedFacts): CallCounts {
  const counts: Record<string, { calls: number; errors: number }> = {};
  for (const line of facts.lines) {
    // What the end of a thread costs has a line, though the call never returned.
    if (line.count === 0) continue;
    counts[line.syscall] ??= { calls: 0, errors: 0 };
    const count = counts[line.syscall];
    if (count === undefined) continue;
    count.calls += line.count;
    if (line.error !== null) count.errors += line.count;
  }
  return counts;
}

/** The same by `strace -f -c`. */
export function straceCalls(command: readonly string[], cwd: string): CallCounts {
  const table = join(makeFolder(), "strace.txt");
  const flags = ["-f", "-c", "-U", "name,calls,errors", "-o", table];
  const { error, signal } = spawnSync("strace", [...flags, ...command], {
    cwd,
    // The kinds the recorded target gets: programs ask what their output is.
    stdio: ["ignore", "pipe", "ignore"],
  });
  if (error !== undefined || signal !== null) throw error ?? new Error(`strace: ${signal}`);
  const counts: CallCounts = {};
  for (const row of readFileSync(table, "utf8").split("\n")) {
    const match = /^\s*(\w+)\s+(\d+)(?:\s+(\d+))?\s*$/.exec(row);
    const [, name, calls, errors] = match ?? [];
    if (name === undefined || name === "total") continue;
    counts[name] = { calls: Number(calls), errors: Number(errors ?? 0) };
  }
  return counts;
}

/** Sum of what a call returned when it succeeded, as `strace -f -e trace=CALL` prints it. */
export function straceBytes(command: readonly string[], call: string, cwd: string): number {
  const file = join(makeFolder(), "strace.txt");
  const [name, ...rest] = command;
  if (name === undefined) throw new Error("no command");
  execFileSync("strace", ["-f", "-e", `trace=${call}`, "-o", file, name, ...rest], {
    cwd,
    stdio: ["ignore", "pipe", "ignore"],
    maxBuffer: 256 * 1024 * 1024,
  });
  let bytes = 0;
  for (const line of readFileSync(file, "latin1").split("\n")) {
    bytes += Number(/ = (\d+)$/.exec(line)?.[1] ?? 0);
  }
  return bytes;
}
