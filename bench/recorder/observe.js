/** observe: runs one workload under one observer and reads both sides' words to the end. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const READY_MS = 20_000;
const RUN_MS = 120_000;
const KEPT = 1 << 22;

/** Root's sudo variables would make a recorder drop the rights that the placement needs. */
function environment() {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("SUDO_"));
  return { ...Object.fromEntries(kept), LC_ALL: "C", PYTHONUNBUFFERED: "1" };
}

function collect(stream) {
  let text = "";
  stream?.setEncoding("utf8");
  stream?.on("data", (piece) => {
    if (text.length < KEPT) text += piece;
  });
  return () => text;
}

function start(command) {
  const child = spawn(command[0], command.slice(1), {
    stdio: ["pipe", "pipe", "pipe", "pipe", "pipe"],
    env: environment(),
  });
  // Descriptors 0 and 4 are only held open: their end tells the other side to stop.
  for (const held of [child.stdin, child.stdio[4]]) held.on("error", () => {});
  const texts = { output: collect(child.stdout), errors: collect(child.stderr) };
  const stream = collect(child.stdio[3]);
  const end = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
  end.catch(() => {});
  return {
    child,
    end,
    words: () => ({ output: texts.output(), stream: stream(), errors: texts.errors() }),
  };
}

function within(promise, ms, what, child) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${what} took more than ${ms / 1000} s`));
    }, ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Runs a command to its end; rejects when it fails. */
async function runToEnd(command) {
  const { child, end, words } = start(command);
  const code = await within(end, RUN_MS, command[0], child);
  if (code !== 0)
    throw new Error(`${command[0]}: ${words().errors.trim().split("\n").at(-1)} (${code})`);
  return words();
}

/** Resolves once the observer has printed `pattern`; rejects when it ends or takes too long. */
async function ready(running, pattern) {
  const { child, end, words } = running;
  const printed = new Promise((resolve) => {
    const look = () => {
      if (!pattern.test(words().output)) return;
      child.stdout.off("data", look);
      resolve();
    };
    child.stdout.on("data", look);
    look();
  });
  const early = end.then((code) => {
    const said = words().errors.trim().split("\n").at(-1);
    throw new Error(`it ended before it was ready: ${said} (${code})`);
  });
  early.catch(() => {}); // Once it is ready, its end is awaited elsewhere.
  await within(Promise.race([printed, early]), READY_MS, "getting ready", child);
}

/** Starts an observer of the whole machine, does `work`, stops it; gives work's result and its words. */
async function during(observer, work) {
  const running = start(observer.beside);
  try {
    await ready(running, observer.ready);
    const result = await work();
    running.child.stdin.end();
    running.child.kill("SIGINT");
    await within(running.end, READY_MS, "stopping", running.child);
    return { result, words: running.words() };
  } catch (error) {
    running.child.kill("SIGKILL");
    throw error;
  }
}

/** Gives `work` the name of a file in a new folder, and removes both. */
async function inFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), "crossbill-bench-"));
  try {
    return await work(join(folder, "written"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs the workload under the observer. Gives the workload's output and the observer's words. */
export async function observed(observer, command) {
  if (observer.wrap !== undefined) {
    return inFolder(async (file) => {
      const words = await runToEnd(observer.wrap(command, file));
      const written = existsSync(file) ? readFileSync(file, "utf8") : "";
      return { output: words.output, words: { ...words, file: written } };
    });
  }
  const { result, words } = await during(observer, () => runToEnd(command));
  return { output: result.output, words };
}

/** Runs the workload beside an observer that watches something else (a sleep). */
export async function bystander(observer, command) {
  if (observer.wrap === undefined) {
    const { result } = await during(observer, () => runToEnd(command));
    return result.output;
  }
  if (observer.name === "nothing") return (await runToEnd(command)).output;
  // The watched program says when it runs, waits for input, and ends with it.
  return inFolder((file) => besideWatched(observer, command, file));
}

async function besideWatched(observer, command, file) {
  const watched = start(observer.wrap(["sh", "-c", "echo ready; exec cat"], file));
  try {
    await ready(watched, /^ready/m);
    const { output } = await runToEnd(command);
    watched.child.stdin.end();
    await within(watched.end, READY_MS, "stopping", watched.child);
    return output;
  } catch (error) {
    watched.child.kill("SIGKILL");
    throw error;
  }
}
