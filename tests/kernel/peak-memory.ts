/** Peak memory of a run of crossbill: of Node and of the recorder, as the kernel has it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expectEnd, startCrossbill } from "./command-line.ts";
import { familyOf, readProc } from "./family.ts";

export interface Peak {
  readonly nodeBytes: number;
  readonly recorderBytes: number;
}

/** Node tells its own peak when it ends. */
const hook = `process.on("exit", () => require("node:fs").writeFileSync(
  process.env.CROSSBILL_PEAK, String(process.resourceUsage().maxRSS * 1024)));`;

/** The high-water mark of a process so far, 0 when it is gone. */
function highWater(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readProc(`${pid}/status`))?.[1] ?? 0) * 1024;
}

/** Runs crossbill, which must succeed. `folder` is for a file or two. */
export async function measurePeak(args: readonly string[], folder: string): Promise<Peak> {
  const [script, peak] = [join(folder, "peak.cjs"), join(folder, "peak")];
  writeFileSync(script, hook);
  const { child, ended } = startCrossbill(args, ["--require", script], { CROSSBILL_PEAK: peak });
  let recorderBytes = 0;
  while (child.exitCode === null && child.signalCode === null) {
    const { recorder } = familyOf(child.pid ?? 0);
    if (recorder !== undefined) recorderBytes = Math.max(recorderBytes, highWater(recorder));
    await sleep(10);
  }
  expectEnd(await ended, { status: 0 });
  return { nodeBytes: Number(readFileSync(peak, "utf8")), recorderBytes };
}
