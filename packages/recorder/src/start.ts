/** Starting a recorder and reading what it saw. */
import type { ChildProcess, StdioOptions } from "node:child_process";
import { existsSync } from "node:fs";
import { Readable, Writable } from "node:stream";
import { errnoName, PermissionError, RecorderError, TargetError } from "@crossbill/core";
import { type RecorderName, recorderBinary } from "./binaries.ts";
import { missingInterpreter } from "./missing-interpreter.ts";
import { spawnBytes } from "./spawn-bytes.ts";
import { type RecordingFailure, type StreamEnd, StreamReader } from "./stream.ts";
import type { Hello, RecordedFacts } from "./stream-facts.ts";

/** What to record: a command of ours, or processes that run already. */
export type Subject =
  | { readonly command: readonly [string, ...string[]] }
  | { readonly pids: readonly [number, ...number[]] };

export interface RecordingOptions {
  readonly recorder: RecorderName;
  readonly timing: "sampled" | "exact";
  readonly subject: Subject;
  /** How many reads, writes and seeks to keep in order; none by default. */
  readonly sequence?: number;
  /** The command's environment; crossbill's own by default. */
  readonly environment?: NodeJS.ProcessEnv;
  /** The descriptor of ours that is the command's standard output; 1 by default. */
  readonly standardOutput?: number;
  /** Descriptors above 2 that the command is to have at the same numbers. */
  readonly inherited?: readonly number[];
}

export interface Recorded {
  readonly hello: Hello;
  readonly facts: RecordedFacts;
}

/** A recording under way. */
export interface RunningRecording {
  /** Process id of the recorder; undefined when it could not even be spawned. */
  readonly recorderPid: number | undefined;
  /** The target's process id once it runs; null when it never did. */
  readonly started: Promise<number | null>;
  /** Hands signal `number` to the target, unless it reached the whole process group by itself. */
  forward(number: number): void;
  /** Ends the recording now; the target runs on. */
  stop(): void;
  /**
   * The recording. Rejects with TargetError (not found, not executable), PermissionError (a right
   * is missing) or RecorderError (the recorder failed, died or broke its protocol).
   */
  readonly result: Promise<Recorded>;
}

/**
 * Spawns the recorder.
 * @throws RecorderError when its program is not there or cannot be spawned, TargetError when the
 * command line is longer than the kernel takes.
 */
export function startRecording(options: RecordingOptions): RunningRecording {
  const binary = recorderBinary(options.recorder);
  try {
    const channels = freeDescriptors(options.inherited ?? []);
    const child = spawnBytes(binary, recorderArguments(options, channels), {
      stdio: recorderDescriptors(options, channels),
      ...(options.environment === undefined ? {} : { env: options.environment }),
    });
    return new Session(child, channels, options.subject);
  } catch (cause) {
    throw spawnError(cause, options.subject);
  }
}

/** The recorder's descriptors for us; it keeps them from the command. */
interface Channels {
  readonly stream: number;
  readonly control: number;
}

/**
 * The lowest that the command does not have. Node's own are there in our process, so libuv's pipe
 * for a failed execve is above them: it is not overwritten before it has been used.
 */
function freeDescriptors(inherited: readonly number[]): Channels {
  const taken = new Set([0, 1, 2, ...inherited]);
  let stream = 3;
  while (taken.has(stream)) stream++;
  let control = stream + 1;
  while (taken.has(control)) control++;
  return { stream, control };
}

/** What `ignore` stands for above 2 stays as it is: closed, or open as it was passed on to us. */
function recorderDescriptors(options: RecordingOptions, channels: Channels): StdioOptions {
  const { inherited = [], standardOutput = 1 } = options;
  const last = Math.max(channels.control, ...inherited);
  const entries = new Array<number | "ignore" | "pipe">(last + 1).fill("ignore");
  for (const number of [0, 2, ...inherited]) entries[number] = number;
  entries[1] = standardOutput;
  entries[channels.stream] = "pipe";
  entries[channels.control] = "pipe";
  return entries;
}

/** The command line of both recorders. */
function recorderArguments(options: RecordingOptions, channels: Channels): string[] {
  const { subject, timing, sequence } = options;
  const { stream, control } = channels;
  const common = ["--stream", `${stream}`, "--control", `${control}`, "--timing", timing];
  if (sequence !== undefined) common.push("--sequence", `${sequence}`);
  return "command" in subject
    ? ["run", ...common, "--", ...subject.command]
    : ["attach", ...common, "--pid", subject.pids.join(",")];
}

class Session implements RunningRecording {
  readonly recorderPid: number | undefined;
  readonly started: Promise<number | null>;
  readonly result: Promise<Recorded>;
  readonly #stream: Readable | null;
  readonly #control: Writable | null;
  readonly #subject: Subject;
  #targetPid: number | null = null;
  #announce: (pid: number | null) => void = () => {};

  constructor(child: ChildProcess, channels: Channels, subject: Subject) {
    this.recorderPid = child.pid;
    this.#subject = subject;
    // Typed for five descriptors only.
    const descriptors: readonly unknown[] = child.stdio;
    const stream = descriptors[channels.stream];
    const control = descriptors[channels.control];
    this.#stream = stream instanceof Readable ? stream : null;
    this.#control = control instanceof Writable ? control : null;
    // A recorder that is gone cannot be told anything; its end is seen on the stream.
    this.#control?.on("error", () => {});
    this.started = new Promise((resolve) => {
      this.#announce = resolve;
    });
    this.result = this.#read(child).finally(() => this.#announce(null));
    // The caller may look at `started` first; the rejection is still there for whoever awaits it.
    this.result.catch(() => {});
  }

  forward(number: number): void {
    this.#send(Uint8Array.of("s".charCodeAt(0), number));
  }

  stop(): void {
    this.#send(Uint8Array.of("q".charCodeAt(0)));
  }

  #send(command: Uint8Array): void {
    if (this.#control?.writable === true) this.#control.write(command);
  }

  async #read(child: ChildProcess): Promise<Recorded> {
    const exit = exitOf(child);
    const reader = new StreamReader((pid) => {
      this.#targetPid ??= pid;
      this.#announce(pid);
    });
    try {
      for await (const chunk of this.#stream ?? []) {
        if (chunk instanceof Uint8Array) reader.push(chunk);
      }
      const end = reader.finish();
      const hello = reader.hello;
      if (end.kind === "recorded" && hello !== null) return { hello, facts: end.facts };
      throw this.#explain(end, await exit);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    } finally {
      this.#control?.end();
      await exit;
    }
  }

  #explain(end: StreamEnd, how: string): Error {
    if (end.kind === "failed") return failureError(end.failure, this.#subject);
    const pid = this.#targetPid;
    const runsOn = pid !== null && existsSync(`/proc/${pid}`);
    return new RecorderError(
      `the recorder ${how} before the recording was complete` +
        (runsOn ? `; the program runs on (pid ${pid})` : ""),
      { remedy: "run again; `crossbill doctor` says what works here" },
    );
  }
}

/** Most failures to spawn come as an event; what Node throws instead, as an error a user can act on. */
function spawnError(cause: unknown, subject: Subject): unknown {
  if (!(cause instanceof Error && "syscall" in cause && "code" in cause)) return cause;
  if (cause.code === "E2BIG" && "command" in subject) {
    const remedy = "give it fewer or shorter arguments";
    return new TargetError(subject.command[0], "E2BIG", { remedy, cause });
  }
  return new RecorderError(`the recorder could not be started (${cause.message})`, { cause });
}

/** How the recorder ended, in words; never rejects. */
function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`could not be started (${error.message})`));
    child.once("exit", (code, signal) =>
      resolve(signal === null ? `ended with status ${code}` : `was killed by ${signal}`),
    );
  });
}

/** Those that are not there; all of them when they have come meanwhile. */
function absent(pids: readonly number[]): readonly number[] {
  const gone = pids.filter((pid) => !existsSync(`/proc/${pid}`));
  return gone.length === 0 ? pids : gone;
}

/** A failure the recorder reported, as the error a user can act on. */
export function failureError(failure: RecordingFailure, subject: Subject): Error {
  const errno = errnoName(failure.errno);
  if (failure.stage === "exec" && "command" in subject) {
    const [command] = subject.command;
    const interpreter = errno === "ENOENT" ? missingInterpreter(command) : null;
    return new TargetError(command, errno, interpreter === null ? {} : { interpreter });
  }
  if (errno === "ESRCH" && "pids" in subject) {
    return new RecorderError(`there is no such process: ${absent(subject.pids).join(", ")}`, {
      remedy: "look for its id with ps or pidof",
    });
  }
  if (errno === "EPERM" || errno === "EACCES") {
    return new PermissionError(`the recorder may not ${failure.stage}: ${failure.what}: ${errno}`, {
      remedy: "run with sudo; `crossbill doctor` names the missing right",
    });
  }
  return new RecorderError(`the recorder could not ${failure.stage}: ${failure.what}: ${errno}`, {
    remedy: "`crossbill doctor` says what works here",
  });
}
