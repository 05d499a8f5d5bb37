/** The program must not notice crossbill: status, signals, descriptors, arguments, user. */
import { spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli, crossbill, recorders, useOwnFolder } from "./command-line.ts";

const folder = useOwnFolder();

/** Both recorders, with the arguments that choose each. */
const each = recorders.map((recorder) => ({ recorder, run: ["run", "--recorder", recorder] }));

test.each(each)("$recorder: the exit status passes through", ({ run }) => {
  expect(crossbill([...run, "--", "sh", "-c", "exit 37"])).toMatchObject({
    status: 37,
    signal: null,
  });
});

const deadly = ["SIGTERM", "SIGKILL", "SIGSEGV", "SIGUSR1", "SIGPIPE", "SIGHUP"];
test.each(each.flatMap((one) => deadly.map((signal) => ({ ...one, signal }))))(
  "$recorder: a program that dies of $signal takes crossbill with it, after the bill",
  ({ run, signal }) => {
    const ended = crossbill([...run, "sh", "-c", `kill -${signal.slice(3)} $$`]);
    expect(ended).toMatchObject({ status: null, signal });
    expect(ended.stderr).toContain("audit: entered");
  },
);

test.each(each)(
  "$recorder: input and output pass through unchanged, the bill goes to standard error alone",
  ({ run }) => {
    const input = Array.from({ length: 70_000 }, (_, line) => `${line}\n`).join("");
    const ended = crossbill([...run, "cat"], input);
    expect(ended.stdout).toBe(input);
    expect(ended.stderr).toContain("audit: entered");
  },
);

test.each(each)(
  "$recorder: descriptors, signals, limits and arguments are those of a direct start",
  ({ run }) => {
    const script =
      "for fd in /proc/self/fd/*; do test -e $fd && echo ${fd##*/}; done;" +
      " grep -E '^(Sig|Shd)(Blk|Ign)' /proc/self/status; grep flags /proc/self/fdinfo/[01];" +
      ' for word; do echo "<$word>"; done; umask; ulimit -a; pwd';
    const command = ["sh", "-c", script, "sh", "a b", "", "--top", "-x"];
    const direct = spawnSync("sh", command.slice(1), { encoding: "latin1", input: "" });
    expect(direct.stdout).toContain("<a b>");
    expect(crossbill([...run, "--", ...command]).stdout).toBe(direct.stdout);
  },
);

test.each(each)("$recorder: an argument that is not UTF-8 arrives byte for byte", ({ run }) => {
  const script = `exec "$0" "$@" printf %s "$(printf 'caf\\351')"`;
  const ended = spawnSync("sh", ["-c", script, process.execPath, cli, ...run], {
    encoding: "latin1",
  });
  expect(ended.stdout).toBe("caf\u00e9");
});

test.each(each)(
  "$recorder: SIGTERM to crossbill reaches the program once, and the bill still comes",
  async ({ run }) => {
    const script =
      "n=0; trap 'n=$((n+1))' TERM; echo ready;" +
      " while [ $n = 0 ]; do sleep 0.05; done; sleep 0.3; echo n=$n; exit 9";
    const child = spawn(process.execPath, [cli, ...run, "sh", "-c", script]);
    let stdout = "";
    let stderr = "";
    child.stderr.on("data", (data: Buffer) => {
      stderr += data.toString();
    });
    child.stdout.on("data", (data: Buffer) => {
      if (stdout === "") child.kill("SIGTERM");
      stdout += data.toString();
    });
    const status = await new Promise((resolve) => child.once("close", resolve));
    expect(stdout).toBe("ready\nn=1\n");
    expect(stderr).toContain("audit: entered");
    expect(status).toBe(9);
  },
);

test.each(each)(
  "$recorder: a recorder that is killed leaves the program running, and says so",
  async ({ recorder, run }) => {
    const proof = join(folder.path, `${recorder}-proof`);
    // Long enough for the recorder to have named the program's pid before it is killed.
    const script = "sleep 0.3; echo $$ $PPID; sleep 1; echo done > $0";
    const child = spawn(process.execPath, [cli, ...run, "sh", "-c", script, proof], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (data: Buffer) => {
      stderr += data.toString();
    });
    child.stdout.once("data", (data: Buffer) => {
      process.kill(Number(data.toString().split(" ")[1]), "SIGKILL");
    });
    const status = await new Promise((resolve) => child.once("exit", resolve));
    expect(status).toBe(125);
    expect(stderr).toMatch(/killed by SIGKILL before .* the program runs on \(pid \d+\)/);
    await expect.poll(() => existsSync(proof), { timeout: 20_000 }).toBe(true);
  },
);

test.runIf(process.getuid?.() === 0).each(each)(
  "$recorder: under sudo the program runs and the files are written as the user",
  ({ recorder, run }) => {
    const own = join(folder.path, `${recorder}-nobody`);
    mkdirSync(own);
    for (const path of [own, folder.path]) chownSync(path, 65_534, 65_534);
    const json = join(own, "bill.json");
    const sudo = { SUDO_UID: "65534", SUDO_GID: "65534" };
    const ended = crossbill([...run, "--json", json, "sh", "-c", "id -u; id -G"], "", sudo);
    chownSync(folder.path, 0, 0);
    expect(ended.stdout).toBe("65534\n65534\n");
    expect(statSync(json).uid).toBe(65_534);
  },
);
