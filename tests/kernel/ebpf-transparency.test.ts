/** The eBPF recorder beside what it records: attaching, rights, and who runs what. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseBill, parseRecording } from "@crossbill/core";
import { recorderBinary } from "@crossbill/recorder";
import { afterAll, expect } from "vitest";
import {
  cli,
  crossbill,
  type Ended,
  ebpfTest,
  expectEnd,
  runToEnd,
  useOwnFolder,
} from "./command-line.ts";
import { loadedPrograms, orphanedPrograms, untilThreads } from "./family.ts";
import { buildProgram, countCalls, RecorderProcess, removeFolders } from "./recorder-process.ts";

const own = useOwnFolder();
const crossings = buildProgram("crossings");
afterAll(removeFolders);
const before = loadedPrograms() ?? [];

const NOBODY = 65_534;

/** crossbill as started by a user without any right. */
function crossbillAsNobody(
  args: readonly string[],
  environment: Record<string, string> = {},
): Ended {
  const cache = join(own.path, "nobody");
  mkdirSync(cache, { recursive: true });
  for (const path of [own.path, cache]) chownSync(path, NOBODY, NOBODY);
  const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  const ended = runToEnd(["setpriv", ...user, process.execPath, cli, ...args], "", {
    HOME: cache,
    XDG_CACHE_HOME: cache,
    ...environment,
  });
  chownSync(own.path, 0, 0);
  return ended;
}

ebpfTest.each([["sampled"], ["exact", "--exact-time"]])(
  "%s: attach sees every thread of a running process for its duration, and lets go",
  async (_timing, ...flags) => {
    const target = spawn(crossings, ["threads", "1000000007", "5"], { stdio: "ignore" });
    try {
      await untilThreads(target.pid, 6);
      const recording = join(own.path, "attached.json");
      const attach = ["attach", "-p", String(target.pid), "--recorder", "ebpf", ...flags];
      const ended = crossbill([...attach, "--duration", "300ms", "--recording", recording]);
      expectEnd(ended, { status: 0, signal: null });
      const { processes, lines, audit, exit, rusage } = parseRecording(
        readFileSync(recording, "utf8"),
      );
      expect(processes).toMatchObject([{ pid: target.pid, threads: 6, comm: "crossings" }]);
      expect(lines.some(({ syscall, count }) => syscall === "getpid" && count > 0)).toBe(true);
      expect(audit).toMatchObject({ stillRunning: 1, lost: 0, exits: 0 });
      expect({ exit, rusage }).toEqual({ exit: { code: null, signal: null }, rusage: null });
      expect(target.exitCode ?? target.signalCode).toBeNull();
      await expect.poll(() => orphanedPrograms(before)).toEqual([]);
    } finally {
      target.kill("SIGKILL");
    }
  },
);

ebpfTest("attach ends with the process, and what it forks is recorded too", async () => {
  const script = "read go; for i in 1 2 3; do /bin/true; done; exit 3";
  const target = spawn("sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"] });
  const running = new RecorderProcess("ebpf", "attach", ["--pid", String(target.pid)]);
  expect(await running.started()).toBe(target.pid);
  const ended = once(target, "exit");
  target.stdin?.end("go\n");
  const facts = await running.facts();
  expect((await ended)[0]).toBe(3);
  expect(countCalls(facts)["execve"]).toEqual({ calls: 3, errors: 0 });
  expect(facts.audit).toMatchObject({ exits: 4, lost: 0, stillRunning: 0 });
  expect(facts.rusage).toBeNull();
});

ebpfTest("without rights one line says what is missing, and ptrace keeps the exit status", () => {
  const ended = crossbillAsNobody(["run", "--", "sh", "-c", "id -u; exit 37"]);
  expectEnd(ended, { status: 37, signal: null, stdout: "65534\n" });
  const notices = ended.stderr.split("\n").filter((line) => line.includes("CAP_BPF"));
  expect(notices).toHaveLength(1);
  expect(notices[0]).toMatch(
    /^crossbill: no CAP_BPF and CAP_PERFMON: run with sudo.* ptrace recorder/,
  );
  expect(ended.stderr).toContain("ptrace recorder (exact)");
});

ebpfTest("without rights a forced eBPF recorder is refused before the program starts", () => {
  const ended = crossbillAsNobody(["run", "--recorder", "ebpf", "--", "echo", "started"]);
  expectEnd(ended, { status: 125, stdout: "" });
  expect(ended.stderr).toMatch(/the eBPF recorder cannot start: no CAP_BPF and CAP_PERFMON/);
});

ebpfTest("with file capabilities any user records, and the program has none of them", () => {
  const programs = join(own.path, "recorders");
  mkdirSync(programs);
  for (const recorder of ["ebpf", "ptrace"] as const) {
    const binary = recorderBinary(recorder);
    copyFileSync(binary, join(programs, binary.replace(/.*\//, "")));
  }
  const capable = join(programs, "crossbill-recorder");
  chmodSync(programs, 0o755);
  execFileSync("setcap", ["cap_bpf,cap_perfmon=ep", capable]);
  const ended = crossbillAsNobody(["run", "--", "grep", "^Cap[IPEA]", "/proc/self/status"], {
    CROSSBILL_RECORDER_PATH: programs,
  });
  expectEnd(ended, { status: 0 });
  expect(ended.stderr).toContain("ebpf recorder (sampled)");
  expect(ended.stdout.match(/0000000000000000$/gm)).toHaveLength(4);
});

ebpfTest("under sudo the program is the user's and has no capability, though root records", () => {
  const sudo = { SUDO_UID: String(NOBODY), SUDO_GID: String(NOBODY) };
  const script = "id -u; id -g; grep ^Cap[IPEA] /proc/self/status";
  const ended = crossbill(["run", "--recorder", "ebpf", "--", "sh", "-c", script], "", sudo);
  expectEnd(ended, { status: 0 });
  expect(ended.stdout).toMatch(/^65534\n65534\n/);
  expect(ended.stdout.match(/0000000000000000$/gm)).toHaveLength(4);
});

ebpfTest("hostile names reach neither the terminal raw nor the JSON changed", () => {
  const json = join(own.path, "hostile.json");
  const script =
    'cd "$1"; p=$(printf "\\033[31m\\nEVIL\\377\\t"); cp /bin/cat "$p"; printf x > "$p.txt";' +
    ' shift 2; exec "$@" "./$p" "$p.txt" "$(printf "\\377\\033\\nz")"';
  const folder = join(own.path, "hostile");
  mkdirSync(folder);
  const options = ["--recorder", "ebpf", "--top", "500", "--json", json];
  const run = [process.execPath, cli, "run", ...options, "--"];
  const ended = spawnSync("sh", ["-c", script, "sh", folder, "--", ...run], { encoding: "utf8" });
  expectEnd(ended, { status: 1 }); // cat finds no third file
  const hostile = "\u001b[31m\nEVIL\udcff\t";
  // cat itself says the name of the file it does not find.
  const bill = ended.stderr.slice(ended.stderr.indexOf("crossings in "));
  // oxlint-disable-next-line no-control-regex
  expect(bill.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\ufffd]/);
  expect(bill).not.toMatch(/^EVIL/m);
  expect(bill).toContain("EVIL");
  const parsed = parseBill(readFileSync(json, "utf8"));
  expect(parsed.command).toEqual([`./${hostile}`, `${hostile}.txt`, "\udcff\u001b\nz"]);
  expect(parsed.processes[0]).toMatchObject({ comm: hostile, exe: `${folder}/${hostile}` });
  expect(parsed.lines.map(({ target }) => target.path)).toContain(`${folder}/${hostile}.txt`);
  expect(parseBill(JSON.stringify(parsed))).toEqual(parsed);
});

ebpfTest("a 32-bit program is recorded, with a warning that its calls have other names", () => {
  const program = join(own.path, "small");
  const start = 'void _start(void) { __asm__("mov $1, %eax; xor %ebx, %ebx; int $0x80"); }';
  const flags = [
    "-m32",
    "-nostdlib",
    "-static",
    "-fno-pie",
    "-no-pie",
    "-x",
    "c",
    "-o",
    program,
    "-",
  ];
  execFileSync("gcc", flags, { input: start });
  const json = join(own.path, "small.json");
  const ended = crossbill(["run", "--recorder", "ebpf", "--json", json, "--", program]);
  if (ended.status === 126) return; // This kernel runs no 32-bit programs.
  expectEnd(ended, { status: 0 });
  const { warnings } = parseBill(readFileSync(json, "utf8"));
  expect(warnings.map(({ code }) => code)).toContain("compat");
});
