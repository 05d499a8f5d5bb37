/** Live trials of programs as Debian ships them: the same bytes, the coverage known, the trial kept. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Trial, trialSchema } from "@crossbill/core";
import { beforeAll, describe, expect, it } from "vitest";
import { crossbill, type Ended, expectEnd, startCrossbill, useOwnFolder } from "./command-line.ts";
import { processesWith, until } from "./family.ts";

const folder = useOwnFolder();
const at = (name: string): string => join(folder.path, name);

beforeAll(() => {
  process.env["XDG_STATE_HOME"] = at("state");
  const words = Array.from({ length: 3001 }, (_, index) => `${(index * 7919) % 3001} word`);
  writeFileSync(at("words"), `${words.join("\n")}\n`);
  writeFileSync(
    at("Makefile"),
    "all: one two\none two:\n\t@for i in 1 2 3; do echo $@ $$i; done\n",
  );
});

function tryLive(options: readonly string[], command: readonly string[], input = ""): Ended {
  return crossbill(["try", "--live", ...options, "--", ...command], input);
}

function trialOf({ stdout }: Ended): Trial {
  return trialSchema.parse(JSON.parse(stdout));
}

function scoreboard(): unknown[] {
  const text = readFileSync(at("state/crossbill/scoreboard.jsonl"), "utf8");
  return text
    .split("\n")
    .filter(Boolean)
    .map((line): unknown => JSON.parse(line));
}

type Command = readonly [string, readonly string[]];
/** $words is a file of lines; the second is what the program is known to do with it. */
const programs: readonly Command[] = [
  ["dd", ["if=$words", "of=$copy", "bs=1", "status=none"]],
  ["cat", ["$words"]],
  ["sort", ["-n", "$words"]],
  ["gzip", ["-nc", "$words"]],
  ["tar", ["--mtime=@0", "-cf", "$copy.tar", "$words"]],
  ["sqlite3", [":memory:", "create table t(a); insert into t values(1),(2); select sum(a) from t"]],
  ["sed", ["-u", "s/word/bird/", "$words"]],
  ["grep", ["--line-buffered", "-n", "9", "$words"]],
  ["perl", ["-pe", "BEGIN { $| = 1 } s/word/bird/", "$words"]],
  ["awk", ["{ print $1 * 2; fflush() }", "$words"]],
  ["bash", ["-c", 'while read -r a b; do echo "$b $a"; done < "$0"', "$words"]],
  ["xargs", ["-a", "$words", "-n", "1000", "echo"]],
  ["tee", ["$copy"]],
  ["wc", ["$words"]],
  ["cp", ["$words", "$copy"]],
  ["md5sum", ["$words"]],
  ["make", ["-s", "-C", "$folder", "all"]],
  ["python3", ["-u", "-c", "for i in range(2003): print(i)"]],
];
const filled = (word: string): string =>
  word
    .replaceAll("$words", at("words"))
    .replaceAll("$copy", at("copy"))
    .replaceAll("$folder", folder.path);

describe("programs of Debian", () => {
  it.each(programs)("%s gives the same bytes with the library", (program, args) => {
    const ended = tryLive(["--json"], [program, ...args.map(filled)], "one\ntwo\n");
    expectEnd(ended, { status: 0 });
    const trial = trialOf(ended);
    expect(trial.verdict, trial.why).not.toBe("changed behaviour");
    expect(trial.why).not.toContain("differs from run to run");
    expect(trial).toMatchObject({ kind: "live", finding: null, predicted: null });
    expect(trial.coverage).toBeGreaterThanOrEqual(0);
    expect(trial.coverage).toBeLessThanOrEqual(1);
  });
});

describe("the trial", () => {
  it("says what it compared, what it spared, and how much of the program it saw", () => {
    const copy = at("copied");
    const ended = tryLive([], ["dd", `if=${at("words")}`, `of=${copy}`, "bs=1", "status=none"]);
    expectEnd(ended, { status: 0 });
    expect(readFileSync(copy)).toEqual(readFileSync(at("words")));
    expect(ended.stdout).toContain(
      `byte-identical: how it ended, standard output, standard error, ${copy}`,
    );
    expect(ended.stdout).toMatch(/coverage (9\d\.\d|100\.0) % of [\d,]+ crossings/);
    const [, intercepted, spared] =
      /([\d,]+) calls intercepted, ([\d,]+) of them spared/.exec(ended.stdout) ?? [];
    const bytes = readFileSync(copy).length;
    const number = (text: string | undefined): number => Number(text?.replaceAll(",", ""));
    expect(number(intercepted)).toBeGreaterThanOrEqual(2 * bytes + 1);
    expect(number(spared)).toBeGreaterThan(2 * bytes - 200);
  });

  it("gives each run what a pipe brings, and says so", () => {
    const ended = tryLive([], ["perl", "-e", "$| = 1; print while <STDIN>"], "some\nlines\n");
    expect(ended.stdout).toContain("what the pipe brought, 11 bytes");
    expect(ended.stdout).toContain("byte-identical: how it ended, standard output");
  });

  it("gives no gain to a fix after which a failure comes too late", () => {
    // The program counts how many of its bytes fit: the kernel says so at the byte, a flush later.
    const script = `
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (101, 101))
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
written = 0
try:
    for _ in range(211): written += os.write(fd, b"x")
except OSError: pass
print(written)`;
    const trial = trialOf(tryLive(["--json"], ["python3", "-c", script, at("limited")]));
    expect(trial.verdict).toBe("changed behaviour");
    expect(trial.why).toContain("standard output");
  });
});

describe("the trial's verdict and end", () => {
  it("cannot tell when the C library's streams make all calls", () => {
    const trial = trialOf(tryLive(["--json"], ["sed", "-u", "s/word/bird/", at("words")]));
    expect(trial).toMatchObject({ verdict: "cannot tell" });
    expect(trial.why).toContain("too few to matter");
  });

  it("leaves no program behind when it is interrupted", async () => {
    const marker = `${at("never")}-${process.pid}`;
    const script = "import time\nwhile True: time.sleep(1)";
    const running = startCrossbill(["try", "--live", "--", "python3", "-c", script, marker]);
    // The command line of crossbill itself, of the recorder and of the program.
    await until(() => processesWith(marker).length >= 3, "the program runs under the recorder");
    running.child.kill("SIGINT");
    await running.ended;
    expect(processesWith(marker)).toEqual([]);
  });

  it("keeps every trial on the scoreboard", () => {
    const before = scoreboard().length;
    const command = ["python3", "-u", "-c", "for i in range(1009): print(i)"];
    const trial = trialOf(tryLive(["--json", "--finding", "small-writes"], command));
    expect(trial).toMatchObject({ finding: "small-writes", command });
    expect(scoreboard()).toHaveLength(before + 1);
    expect(scoreboard().at(-1)).toEqual(trial);
  });
});

describe("what cannot be tried", () => {
  it.each([
    [["--finding", "no-such"], ["true"], /a trial of no-such in the running program/],
    [["--finding", "sync-per-record"], ["true"], /changes what survives a crash/],
    [[], ["/no/such/program"], /\/no\/such\/program/],
  ])("%j %j is refused in a line", (options, command, why) => {
    const ended = tryLive(options, command);
    expect(ended.status).not.toBe(0);
    expect(ended.stdout).toBe("");
    expect(ended.stderr).toMatch(why);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
  });

  it("names a static program as such", () => {
    const program = at("static");
    execFileSync("gcc", ["-static", "-o", program, "-x", "c", "-"], {
      input: "int main(void) { return 0; }",
    });
    const ended = tryLive([], [program]);
    expect(ended.status).not.toBe(0);
    expect(ended.stderr).toContain("it is linked statically");
  });
});
