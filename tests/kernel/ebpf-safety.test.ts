/** Whoever is killed, at whatever moment: nothing stays loaded or stopped, and the program runs on. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect } from "vitest";
import { ebpfTest, expectEnd, type Running, startCrossbill, useOwnFolder } from "./command-line.ts";
import {
  type Family,
  familyOf,
  loadedPrograms,
  orphanedPrograms,
  PATIENCE_MS,
  processesWith,
  readProc,
  until,
} from "./family.ts";
import { buildProgram, RecorderProcess, removeFolders } from "./recorder-process.ts";

useOwnFolder();
const crossings = buildProgram("crossings");
afterAll(removeFolders);
/** Pinned by somebody else, perhaps. */
const before = loadedPrograms() ?? [];

const rounds = Number(process.env["CROSSBILL_KILLS"] ?? 60);
const seed = Number(process.env["CROSSBILL_SEED"] ?? Date.now() % 1_000_000);
/** From the first process of a recorder, which is the probe, to about the end of the program. */
const SPAN_MS = 450;

/** Numbers below `limit`, the same for the same seed (mulberry32). */
function sequence(from: number): (limit: number) => number {
  let state = from;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** Says "started" before the first of its calls and "unharmed" after the last. */
const program = ["sh", "-c", 'echo started; exec "$0" busy 40009', crossings] as const;

function startRun(): Running {
  return startCrossbill(["run", "--recorder", "ebpf", "--", ...program]);
}

/** Everything that was part of the run is gone, from the process table and from the kernel. */
async function expectNothingLeft(recorder: number | undefined, why: string): Promise<void> {
  const left = (): string =>
    processesWith(crossings)
      .map((pid) => `${pid} ${/^State:.*$/m.exec(readProc(`${pid}/status`))?.[0]}`)
      .join();
  await until(() => left() === "", `no process is left (${why})`, left);
  if (recorder !== undefined) {
    await until(() => !readProc(`${recorder}/comm`).startsWith("crossbill-"), `${why}: recorder`);
  }
  await until(() => orphanedPrograms(before).length === 0, `no program is loaded (${why})`);
}

const victims = ["node", "recorder", "program"] as const;

/** Kills one of the family `delay` ms after the recorder was first seen; says who was there. */
async function killOne(
  { child, said }: Running,
  victim: (typeof victims)[number],
  delay: number,
): Promise<Family> {
  const node = child.pid ?? 0;
  const isThere = () => familyOf(node).recorder !== undefined;
  await until(isThere, "the recorder is there", () => said.stderr);
  await sleep(delay);
  const family = familyOf(node);
  const pid = family[victim];
  try {
    if (pid !== undefined) process.kill(pid, "SIGKILL");
  } catch {
    return { ...family, [victim]: undefined }; // It had just ended.
  }
  return family;
}

ebpfTest(
  `SIGKILL to node, the recorder or the program, ${rounds} times at random moments, harms nobody else (seed ${seed})`,
  async () => {
    const next = sequence(seed);
    const met = new Map<string, number>();
    for (let round = 0; round < rounds; round += 1) {
      const victim = victims[next(victims.length)] ?? "node";
      const delay = next(SPAN_MS);
      const running = startRun();
      const { said, ended } = running;
      const family = await killOne(running, victim, delay);
      const why = `seed ${seed}, round ${round}: ${victim} after ${delay} ms`;
      await Promise.race([
        ended,
        sleep(PATIENCE_MS, null, { ref: false }).then(() => Promise.reject(new Error(why))),
      ]);
      if (family[victim] !== undefined) met.set(victim, (met.get(victim) ?? 0) + 1);
      const wasKilled = victim === "program" && family.program !== undefined;
      // A program that began goes on to its end, unless it was the one that was killed.
      const complaint = `${why}\n${said.stderr}`;
      if (!wasKilled && said.stdout !== "") {
        expect(said.stdout, complaint).toBe("started\nunharmed\n");
      }
      await expectNothingLeft(family.recorder, why);
    }
    // A test that killed nobody would prove nothing.
    if (rounds >= 60) for (const victim of victims) expect(met.get(victim) ?? 0).toBeGreaterThan(3);
  },
  600_000,
);

ebpfTest("a program held before its execve runs when its recorder is killed", async () => {
  let held = 0;
  for (let round = 0; round < 23; round += 1) {
    const running = new RecorderProcess("ebpf", "run", ["--", ...program]);
    const recorder = running.child.pid ?? 0;
    let child = 0;
    // Between fork and execve lie a few milliseconds, in which it still has the recorder's name.
    while (child === 0 && readProc(`${recorder}/comm`).startsWith("crossbill-")) {
      child = Number(readProc(`${recorder}/task/${recorder}/children`).split(" ")[0] ?? 0);
    }
    running.child.kill("SIGKILL");
    if (readProc(`${child}/comm`).startsWith("crossbill-")) held += 1;
    expect(await running.outputAtEnd(), `round ${round}`).toBe("started\nunharmed\n");
    await expectNothingLeft(recorder, `round ${round}`);
  }
  expect(held).toBeGreaterThan(0);
});

ebpfTest("a recorder whose parent has gone ends, and the program runs on", async () => {
  const running = new RecorderProcess("ebpf", "run", ["--", ...program]);
  await running.started();
  running.abandon();
  expect((await running.end()).kind).toBe("cut");
  expect(await running.outputAtEnd()).toBe("started\nunharmed\n");
  await expectNothingLeft(running.child.pid, "abandoned");
});

ebpfTest("told to quit, it prints what it has, and the program runs on unwatched", async () => {
  const running = new RecorderProcess("ebpf", "run", ["--", crossings, "busy", "60013"]);
  await running.started();
  await sleep(50);
  running.command("q");
  const facts = await running.facts();
  expect(facts.exit).toEqual({ code: null, signal: null });
  expect(facts.audit.stillRunning).toBe(1);
  await until(() => orphanedPrograms(before).length === 0, "no program is loaded");
  expect(await running.outputAtEnd()).toBe("unharmed\n");
});

ebpfTest("nothing is loaded once a run has ended", async () => {
  expectEnd(await startRun().ended, { status: 0, stdout: "started\nunharmed\n" });
  await expectNothingLeft(undefined, "ended");
});
