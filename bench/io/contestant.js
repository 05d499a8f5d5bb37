/** contestant: one way of a row as a process of its own, told when to begin. */
import { spawn } from "node:child_process";

const RUN_MS = 60_000;
const KEPT_ERRORS = 4096;

/** Whoever is running, so that an interrupted bench leaves nobody behind. */
const running = new Set();

/** Ends every process that a way has started, with those that it started itself. */
export function endAll() {
  for (const { pid } of running) {
    try {
      process.kill(-pid, "SIGTERM");
    } catch {
      // It has ended by itself.
    }
  }
}

/** A process that is read line by line. Its group is its own: it is ended with all of its children. */
export class Contestant {
  #child;
  #lines = [];
  #rest = "";
  #errors = "";
  #wake = () => {};
  #isEnded = false;
  #isGone = false;
  #failure;
  #timer;

  constructor([program, ...args], { env = {}, cwd } = {}) {
    this.#child = spawn(program, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
      cwd,
      detached: true,
    });
    const child = this.#child;
    if (child.pid !== undefined) running.add(child);
    child.stdin.on("error", () => {}); // It may have ended before it was told.
    child.stdout.setEncoding("utf8").on("data", (text) => this.#take(text));
    child.stderr.setEncoding("utf8").on("data", (text) => {
      this.#errors = (this.#errors + text).slice(-KEPT_ERRORS);
    });
    child.once("error", (error) => this.#end(error.message));
    child.once("close", (code, signal) => {
      running.delete(child);
      this.#isGone = true;
      this.#end(code === 0 ? undefined : this.#wordsFor(code ?? signal));
    });
    this.#timer = setTimeout(() => {
      this.#end(`it took more than ${RUN_MS / 1000} s`);
      this.kill();
    }, RUN_MS);
  }

  get pid() {
    return this.#child.pid;
  }

  #take(text) {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop();
    this.#lines.push(...lines);
    this.#wake();
  }

  #end(failure) {
    clearTimeout(this.#timer);
    this.#isEnded = true;
    this.#failure ??= failure;
    this.#wake();
  }

  /** The line of its error output that says most. */
  #wordsFor(code) {
    const lines = this.#errors.split("\n").filter((line) => line.trim() !== "");
    return `${lines.find((line) => /Error/.test(line)) ?? lines.at(-1) ?? "it failed"} (${code})`;
  }

  /** Its next line; fails when it ends before. */
  async line() {
    while (this.#lines.length === 0) {
      if (this.#isEnded) throw new Error(this.#failure ?? "it ended without a result");
      await this.#changed();
    }
    return this.#lines.shift();
  }

  #changed() {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  tell() {
    this.#child.stdin.write("\n");
  }

  /** All that it printed and had not been read, once it has ended well. */
  async rest() {
    while (!this.#isEnded) await this.#changed();
    if (this.#failure !== undefined) throw new Error(this.#failure);
    return [...this.#lines.splice(0), this.#rest].join("\n");
  }

  kill() {
    const { pid } = this;
    if (this.#isGone || pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}

/** Runs a command to its end; what it printed. */
export async function outputOf(command, options) {
  const contestant = new Contestant(command, options);
  return await contestant.rest();
}

/** Runs a way that says when it is ready; `beforeWork` is done while it waits. Gives its result. */
export async function timedRun(command, options, beforeWork) {
  const contestant = new Contestant(command, options);
  try {
    if ((await contestant.line()) !== "ready") throw new Error("it printed something else first");
    await beforeWork?.();
    contestant.tell();
    const result = JSON.parse(await contestant.line());
    await contestant.rest();
    return result;
  } finally {
    contestant.kill();
  }
}
