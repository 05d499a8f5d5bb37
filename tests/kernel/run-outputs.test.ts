/** Where bills go, what is refused before a program starts, and what attach leaves behind. */
import { spawn } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseBill, parseRecording } from "@crossbill/core";
import { expect, test } from "vitest";
import { crossbill, expectEnd, recorders, runs, useOwnFolder } from "./command-line.ts";

const folder = useOwnFolder();

test.each(runs)(
  "$recorder: bill, JSON and recording go to files, and report makes the same text of both",
  ({ recorder, run }) => {
    const text = join(folder.path, `${recorder}.txt`);
    const json = join(folder.path, `${recorder}.json`);
    const recording = join(folder.path, `${recorder}.recording.json`);
    const flags = ["-o", text, "--json", json, "--recording", recording];
    expectEnd(crossbill([...run, ...flags, "ls", "/"]), { status: 0, stderr: "" });
    expect(parseBill(readFileSync(json, "utf8")).command).toEqual(["ls", "/"]);
    expect(parseRecording(readFileSync(recording, "utf8")).recorder).toBe(recorder);
    const printed = readFileSync(text, "latin1");
    expect(printed).toContain("audit: entered");
    expectEnd(crossbill(["report", json]), { status: 0, stdout: printed });
    expectEnd(crossbill(["report", recording]), { status: 0, stdout: printed });
  },
);

test.each(runs)("$recorder: --json - leaves standard output to the JSON alone", ({ run }) => {
  const ended = crossbill([...run, "--json", "-", "--", "echo", "from the program"]);
  expectEnd(ended, { status: 0 });
  expect(parseBill(ended.stdout).command).toEqual(["echo", "from the program"]);
  expect(ended.stderr).toContain("from the program");
});

test.each(runs)(
  "$recorder: a program that is not there is 127, one that cannot be executed 126, each a line",
  ({ run }) => {
    const missing = crossbill([...run, "/nonexistent/program"]);
    const notFound = "crossbill: /nonexistent/program: command not found\n";
    expectEnd(missing, { status: 127, stderr: notFound });
    const refused = crossbill([...run, "/etc/passwd"]);
    const noProgram = "crossbill: /etc/passwd: cannot be executed (EACCES)\n";
    expectEnd(refused, { status: 126, stderr: noProgram });
  },
);

test.each(runs)(
  "$recorder: only text without a first line of its own goes to the shell; what else is missing is named",
  ({ run }) => {
    const executable = (name: string, content: string): string => {
      const path = join(folder.path, name);
      writeFileSync(path, content, "latin1");
      chmodSync(path, 0o755);
      return path;
    };
    const script = executable("plain", "echo of the shell $1\n");
    expectEnd(crossbill([...run, script, "7"]), { status: 0, stdout: "of the shell 7\n" });
    for (const content of ["\x7fELF\x02\x01\x01 echo\n", "echo \0\n"]) {
      const broken = executable("broken", content);
      const noFormat = `crossbill: ${broken}: cannot be executed: exec format error\n`;
      expectEnd(crossbill([...run, broken]), { status: 126, stdout: "", stderr: noFormat });
    }
    const orphan = executable("orphan", "#!/nowhere/python3 -u\n");
    const noInterpreter = `crossbill: ${orphan}: its interpreter /nowhere/python3 was not found\n`;
    expectEnd(crossbill([...run, orphan]), { status: 127, stderr: noInterpreter });
  },
);

test.each(runs)("$recorder: hostile names reach no terminal and survive the JSON", ({ run }) => {
  const hostile = "/tmp/\u001b]0;x\u0007\n\u001b[2J\u009b\u00ff";
  const ended = crossbill([...run, "--json", "-", "sh", "-c", 'cat "$0" 2>&-', hostile]);
  expectEnd(ended, { status: 1 }); // cat finds no such file
  // oxlint-disable-next-line no-control-regex
  expect(ended.stderr.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f]/);
  expect(parseBill(Buffer.from(ended.stdout, "latin1").toString()).command[3]).toBe(hostile);
});

test("no command, an unknown flag and a bad value are usage errors with one line of advice", () => {
  expectEnd(crossbill([]), { status: 2, stdout: "" });
  expectEnd(crossbill(["run"]), { status: 2, stdout: "" });
  const advice = "crossbill: unknown option '--jsno'; did you mean --json?\n";
  expectEnd(crossbill(["run", "--jsno", "x", "ls"]), { status: 2, stderr: advice });
  expectEnd(crossbill(["run", "--top", "x", "ls"]), { status: 2 });
  expect(crossbill(["rnu"]).stderr).toBe("crossbill: unknown command 'rnu'; did you mean run?\n");
});

test("an output that cannot be written is refused before the program starts", () => {
  const ended = crossbill(["run", "-o", "/nonexistent/bill", "--", "echo", "started"]);
  expectEnd(ended, { status: 2, stdout: "" });
  expect(ended.stderr).toMatch(/^crossbill: cannot write \/nonexistent\/bill: ENOENT;/);
});

test("a broken saved bill is refused with the field, and a newer one with advice", () => {
  const from = (text: string) => crossbill(["report", "-"], text);
  expectEnd(from("{}"), { status: 125 });
  expect(from('{"schema":"crossbill.bill/99"}').stderr).toMatch(/newer/);
  expect(from("not json").stderr.split("\n")).toHaveLength(2);
});

test("--no-calibrate without stored prices is refused before the program starts", () => {
  const empty = { XDG_CACHE_HOME: join(folder.path, "empty") };
  const ended = crossbill(["run", "--no-calibrate", "echo", "started"], "", empty);
  expectEnd(ended, { status: 2, stdout: "" });
  expect(ended.stderr).toMatch(/no prices .* run `crossbill calibrate` once/);
});

test.each(recorders)(
  "%s: attach stops after its duration and leaves the process running",
  (recorder) => {
    const target = spawn("sh", ["-c", "while :; do sleep 0.05; done"]);
    try {
      const flags = ["--recorder", recorder, "--duration", "500ms", "--json", "-"];
      const ended = crossbill(["attach", "-p", String(target.pid), ...flags]);
      expectEnd(ended, { status: 0 });
      expect(parseBill(ended.stdout).lines.length).toBeGreaterThan(0);
      expect(target.exitCode ?? target.signalCode).toBeNull();
    } finally {
      target.kill();
    }
  },
);

test.each(recorders)("%s: attaching to a process that is not there says so", (recorder) => {
  const ended = crossbill(["attach", "-p", "4194304", "--recorder", recorder]);
  expectEnd(ended, { status: 125 });
  expect(ended.stderr).toMatch(/there is no such process: 4194304;/);
});

test("without a command run says so and prints its usage", () => {
  for (const args of [["run"], ["run", "--exact-time", "--"]]) {
    const ended = crossbill(args);
    expectEnd(ended, { status: 2, stdout: "" });
    expect(ended.stderr).toMatch(/^crossbill: run: no command is given\nUsage: crossbill run /);
    expect(ended.stderr).toContain("crossbill run -- git status");
  }
});
