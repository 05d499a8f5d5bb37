/** Signals: handed on to the recorded program, and died of as it did. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { constants } from "node:os";
import { signalNumber } from "@crossbill/core";
import { FAILED } from "./failure.ts";

/** What a user or a supervisor sends to a program. Stopping and continuing need no help. */
const relayed = ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

/** signal(7): these write a core file by default. */
const dumping: ReadonlySet<string> = new Set([
  "SIGQUIT",
  "SIGILL",
  "SIGTRAP",
  "SIGABRT",
  "SIGBUS",
  "SIGFPE",
  "SIGSEGV",
  "SIGXCPU",
  "SIGXFSZ",
  "SIGSYS",
]);

/** Calls `handle` for each of the signals until the returned function is called. */
export function onSignals(handle: (name: NodeJS.Signals, number: number) => void): () => void {
  const listeners = relayed.map((name) => {
    const listener = () => handle(name, constants.signals[name]);
    process.on(name, listener);
    return { name, listener };
  });
  return () => {
    for (const { name, listener } of listeners) process.off(name, listener);
  };
}

/**
 * Dies of the named signal, so that the caller sees what became of the program. Returns when that
 * did not work: then there is only the shell's 128 + number.
 */
export async function dieOf(name: string): Promise<number> {
  const number = signalNumber(name);
  if (number === null) return FAILED;
  if (dumping.has(name)) forgoCore();
  restoreDefault(name);
  process.kill(process.pid, number);
  // The signal may reach another thread first; the process is gone within moments.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return 128 + number;
}

/** Node ignores some signals; a listener that comes and goes leaves the default behind. */
function restoreDefault(name: string): void {
  const listener = () => {};
  try {
    process.on(name, listener);
    process.off(name, listener);
  } catch {
    // SIGKILL and SIGSTOP cannot be changed and need not be.
  }
}

/** The program has left its own core file; ours would tell nothing and could overwrite it. */
function forgoCore(): void {
  spawnSync("prlimit", ["--pid", String(process.pid), "--core=0:0"], { stdio: "ignore" });
  try {
    writeFileSync("/proc/self/coredump_filter", "0");
  } catch {
    // Not every kernel has it; prlimit has usually done the work.
  }
}
