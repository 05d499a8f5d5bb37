/** The program must not notice crossbill: status, signals, descriptors, arguments, user. */
import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  cli,
  crossbill,
  expectEnd,
  runs,
  runToEnd,
  startCrossbill,
  useOwnFolder,
} from "./command-line.ts";

const folder = useOwnFolder();

test.each(runs)("$recorder: the exit status passes through", ({ run }) => {
  const ended = crossbill([...run, "--", "sh", "-c", "exit 37"]);
  expectEnd(ended, { status: 37, signal: null });
});

const deadly = ["SIGTERM", "SIGKILL", "SIGSEGV", "SIGUSR1", "SIGPIPE", "SIGHUP"];
test.each(runs.flatMap((one) => deadly.map((signal) => ({ ...one, signal }))))(
  "$recorder: a program that dies of $signal takes crossbill with it, after the bill",
  ({ run, signal }) => {
    const ended = crossbill([...run, "sh", "-c", `kill -${signal.slice(3)} $$`]);
    expectEnd(ended, { status: null, signal });
    expect(ended.stderr).toContain("audit: entered");
  },
);

test.each(runs)(
  "$recorder: input and output pass through unchanged, the bill goes to standard error alone",
  ({ run }) => {
    const input = Array.from({ length: 70_000 }, (_, line) => `${line}\n`).join("");
    const ended = crossbill([...run, "cat"], input);
    expectEnd(ended, { status: 0 });
    expect(ended.stdout).toBe(input);
    expect(ended.stderr).toContain("audit: entered");
  },
);

test.each(runs)(
  "$recorder: descriptors, signals, limits and arguments are those of a direct start",
  ({ run }) => {
    const script =
      "for fd in /proc/self/fd/*; do test -e $fd && echo ${fd##*/}; done;" +
      " grep -E '^(Sig|Shd)(Blk|Ign)' /proc/self/status; grep flags /proc/self/fdinfo/[01];" +
      ' for word; do echo "<$word>"; done; umask; ulimit -a; pwd';
    const command = ["sh", "-c", script, "sh", "a b", "", "--top", "-x"];
    const direct = spawnSync("sh", command.slice(1), { encoding: "latin1", input: "" });
    expect(direct.stdout).toContain("<a b>");
    expectEnd(crossbill([...run, "--", ...command]), { status: 0, stdout: direct.stdout });
  },
);

const range = Array.from({ length: 38 }, (_, at) => `${at + 3}</etc/passwd`).join(" ");
const others = [
  { how: "one", redirections: "5</etc/passwd", byte: "", environment: [] },
  {
    how: "devices",
    redirections: "3</dev/null 4>/dev/null 9<>/dev/null",
    byte: "",
    environment: [],
  },
  { how: "gaps", redirections: "3</etc/passwd 40</etc/group 200<&40", byte: "", environment: [] },
  { how: "3 to 40", redirections: range, byte: "", environment: [] },
  { how: "beside an argument not UTF-8", redirections: range, byte: "\\351", environment: [] },
  {
    how: "under sudo",
    redirections: range,
    byte: "",
    environment: ["SUDO_UID=65534", "SUDO_GID=65534"],
  },
];
test.each(runs.flatMap((one) => others.map((open) => ({ ...one, ...open }))))(
  "$recorder: descriptors beside the standard ones are those of a direct start: $how",
  ({ run, redirections, byte, environment }) => {
    const script = "readlink /proc/$$/fd/* | grep -v ':'; ls /proc/$$/fd; head -1 <&$0";
    const last = redirections.split(" ").at(-1)?.split("<")[0] ?? "";
    // printf makes the byte, which no argument of ours can have.
    const start = `exec ${redirections}; exec "$@" "$(printf 'caf${byte}')"`;
    const program = ["bash", "-c", script, last];
    const direct = runToEnd(["bash", "-c", start, "bash", ...program]);
    expect(direct.stdout).toContain(`\n${last}\n`);
    const recorded = ["env", ...environment, process.execPath, cli, ...run, "--"];
    const ended = runToEnd(["bash", "-c", start, "bash", ...recorded, ...program]);
    expectEnd(ended, { status: 0, stdout: direct.stdout });
  },
);

test.each(runs)(
  "$recorder: make below crossbill finds the jobserver of the make above",
  ({ run }) => {
    const inner = join(folder.path, "inner.mk");
    const outer = join(folder.path, "outer.mk");
    writeFileSync(inner, "all: a b\na b: ; @echo $@ $(MAKEFLAGS)\n");
    writeFileSync(
      outer,
      `all: ; +"${process.execPath}" "${cli}" ${run.join(" ")} $(MAKE) -f ${inner}\n`,
    );
    const ended = runToEnd(["make", "-j2", "-f", outer]);
    expectEnd(ended, { status: 0 });
    expect(ended.stdout).toContain("jobserver");
    expect(ended.stderr).not.toContain("jobserver unavailable");
  },
);

test.each(runs)("$recorder: an argument that is not UTF-8 arrives byte for byte", ({ run }) => {
  const script = `exec "$0" "$@" printf %s "$(printf 'caf\\351')"`;
  const ended = runToEnd(["sh", "-c", script, process.execPath, cli, ...run]);
  expectEnd(ended, { status: 0, stdout: "caf\u00e9" });
});

test.each(runs)(
  "$recorder: SIGTERM to crossbill reaches the program once, and the bill still comes",
  async ({ run }) => {
    const script =
      "n=0; trap 'n=$((n+1))' TERM; echo ready;" +
      " while [ $n = 0 ]; do sleep 0.05; done; sleep 0.3; echo n=$n; exit 9";
    const { child, ended } = startCrossbill([...run, "sh", "-c", script]);
    child.stdout?.once("data", () => child.kill("SIGTERM"));
    expectEnd(await ended, { status: 9, stdout: "ready\nn=1\n" });
    expect((await ended).stderr).toContain("audit: entered");
  },
);

test.each(runs)(
  "$recorder: a recorder that is killed leaves the program running, and says so",
  async ({ recorder, run }) => {
    const proof = join(folder.path, `${recorder}-proof`);
    // Long enough for the recorder to have named the program's pid before it is killed.
    const script = "sleep 0.3; echo $$ $PPID; sleep 1; echo done > $0";
    const { child, ended } = startCrossbill([...run, "sh", "-c", script, proof]);
    child.stdout?.once("data", (text: string) => {
      process.kill(Number(text.split(" ")[1]), "SIGKILL");
    });
    // The program has its outputs until it ends itself, so by then it has left its proof.
    expectEnd(await ended, { status: 125 });
    expect((await ended).stderr).toMatch(
      /killed by SIGKILL before .* the program runs on \(pid \d+\)/,
    );
    expect(existsSync(proof)).toBe(true);
  },
);

const users = [
  { who: "nobody", id: 65_534 },
  { who: "a number without an account", id: 2_000_000_011 },
];
test
  .runIf(process.getuid?.() === 0)
  .each(runs.flatMap((one) => users.map((user) => ({ ...one, ...user }))))(
  "$recorder: under sudo by $who the program runs and the files are written as that user",
  ({ recorder, run, id }) => {
    const own = join(folder.path, `${recorder}-${id}`);
    mkdirSync(own);
    for (const path of [own, folder.path]) chownSync(path, id, id);
    const json = join(own, "bill.json");
    const sudo = { SUDO_UID: String(id), SUDO_GID: String(id) };
    const ended = crossbill([...run, "--json", json, "sh", "-c", "id -u; id -G"], "", sudo);
    const text = join(own, "bill.txt");
    expectEnd(crossbill(["report", json, "-o", text], "", sudo), { status: 0 });
    chownSync(folder.path, 0, 0);
    expectEnd(ended, { status: 0, stdout: `${id}\n${id}\n` });
    expect([json, text].map((path) => statSync(path).uid)).toEqual([id, id]);
  },
);
