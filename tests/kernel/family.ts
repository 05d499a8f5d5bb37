/** A family of processes: crossbill, its recorder, the program; and what of them is left in the kernel. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    return ""; // The process has ended.
  }
}

export function childrenOf(pid: number): number[] {
  const text = readProc(`${pid}/task/${pid}/children`);
  return text.split(" ").filter(Boolean).map(Number);
}

export const PATIENCE_MS = 20_000;

/** Looks again and again until it is so; the complaint when it never is says how things stand then. */
export async function until(
  condition: () => boolean,
  what: string,
  standing = (): string => "",
): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}\n${standing()}`);
    await sleep(2);
  }
}

/** Waits until the process has that many threads. */
export function untilThreads(pid: number | undefined, count: number): Promise<void> {
  const line = new RegExp(`^Threads:\\t${count}$`, "m");
  return until(() => line.test(readProc(`${pid}/status`)), `${pid} has ${count} threads`);
}

/** What of a run of crossbill is alive; each undefined when it is not (yet, or any more). */
export interface Family {
  readonly node: number;
  readonly recorder: number | undefined;
  readonly program: number | undefined;
}

export function familyOf(node: number): Family {
  const recorder = childrenOf(node).find((pid) => readProc(`${pid}/comm`).startsWith("crossbill-"));
  const program = recorder === undefined ? undefined : childrenOf(recorder)[0];
  return { node, recorder, program };
}

function everyPid(): number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

/** Processes, stopped ones too, that were started with `word` among their arguments. */
export function processesWith(word: string): number[] {
  return everyPid().filter((pid) => readProc(`${pid}/cmdline`).includes(word));
}

/** Identifiers of the BPF programs that some process holds, itself or by a link. */
function heldPrograms(): Set<number> {
  const held = new Set<number>();
  for (const pid of everyPid()) {
    let descriptors: string[] = [];
    try {
      descriptors = readdirSync(`/proc/${pid}/fdinfo`);
    } catch {
      continue;
    }
    for (const descriptor of descriptors) {
      const id = /^prog_id:\s*(\d+)$/m.exec(readProc(`${pid}/fdinfo/${descriptor}`))?.[1];
      if (id !== undefined) held.add(Number(id));
    }
  }
  return held;
}

/** Names of the eBPF recorder's programs, as packages/recorder/src/native/record.bpf.c has them. */
const ours =
  /^(on_(sys_(enter|exit)|sched_\w+|fork|exec|exit|fault\w*|sample|uring_\w+)|visit_task)$/;

/** Identifiers of the recorders' programs that are in the kernel; null: there is no bpftool to ask. */
export function loadedPrograms(): number[] | null {
  const { status, stdout } = spawnSync("bpftool", ["prog", "show"], { encoding: "utf8" });
  if (status !== 0) return null;
  return stdout.split("\n").flatMap((line) => {
    const [, id, name] = /^(\d+): .* name (\w+) /.exec(line) ?? [];
    return name !== undefined && ours.test(name) ? [Number(id)] : [];
  });
}

/**
 * Programs of a recorder that are in the kernel though no process holds them, without those that were
 * there `before`. Programs are freed some time after their last holder has gone, so look again.
 */
export function orphanedPrograms(before: readonly number[]): number[] {
  const held = heldPrograms();
  return (loadedPrograms() ?? []).filter((id) => !held.has(id) && !before.includes(id));
}
