/** Peak memory of a run of crossbill: of Node and of the recorder, as the kernel has it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cli } from "./command-line.ts";

export interface Peak {
  readonly status: number | null;
  readonly nodeBytes: number;
  readonly recorderBytes: number;
}

/** Node tells its own peak when it ends. */
const hook = `process.on("exit", () => require("node:fs").writeFileSync(
  process.env.CROSSBILL_PEAK, String(process.resourceUsage().maxRSS * 1024)));`;

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // The process has ended.
  }
}

/** The high-water mark of a process so far, 0 when it is gone. */
function highWater(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readOrNothing(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

/** Runs crossbill with its standard output and error thrown away. `folder` is for a file or two. */
export async function measurePeak(args: readonly string[], folder: string): Promise<Peak> {
  const [script, peak] = [join(folder, "peak.cjs"), join(folder, "peak")];
  writeFileSync(script, hook);
  const child = spawn(process.execPath, ["--require", script, cli, ...args], {
    stdio: "ignore",
    env: { ...process.env, CROSSBILL_PEAK: peak },
  });
  const ended = once(child, "exit");
  let recorderBytes = 0;
  while (child.exitCode === null && child.signalCode === null) {
    const children = readOrNothing(`/proc/${child.pid}/task/${child.pid}/children`);
    for (const pid of children.split(" ").map(Number)) {
      if (readOrNothing(`/proc/${pid}/comm`).startsWith("crossbill-")) {
        recorderBytes = Math.max(recorderBytes, highWater(pid));
      }
    }
    await sleep(10);
  }
  await ended;
  return { status: child.exitCode, nodeBytes: Number(readFileSync(peak, "utf8")), recorderBytes };
}
