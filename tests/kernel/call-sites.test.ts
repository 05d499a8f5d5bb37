/** Call sites: the bill names the place in the user's own code, in compiled and in scripted programs. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Bill, type CallSite, callSites, parseBill } from "@crossbill/core";
import { afterAll, beforeAll, expect } from "vitest";
import {
  crossbill,
  ebpfTest,
  expectEnd,
  runToEnd,
  startCrossbill,
  useOwnFolder,
} from "./command-line.ts";

const folder = useOwnFolder();
const source = fileURLToPath(new URL("programs/byte-reader.c", import.meta.url));
/** So many reads that the sampler sees them on any machine. */
const BYTES = 600_011;
const maps: string[] = [];

beforeAll(() => writeFileSync(join(folder.path, "zeros"), Buffer.alloc(BYTES)));
afterAll(() => {
  for (const map of maps) rmSync(map, { force: true });
});

function billOf(flags: readonly string[], command: readonly string[]): Bill {
  const json = join(folder.path, "bill.json");
  const bill = join(folder.path, "bill.txt");
  const given = ["run", "--recorder", "ebpf", "--json", json, "-o", bill, ...flags];
  expectEnd(crossbill([...given, "--", ...command]), { status: 0 });
  return parseBill(readFileSync(json, "utf8"));
}

/** Where the program read from, all its processes together. */
function readSites(bill: Bill): CallSite[] {
  const processes = bill.processes.map(({ id }) => id);
  return callSites(bill, processes, ["read"]);
}

function compiled(name: string, flags: readonly string[]): string {
  const program = join(folder.path, name);
  expectEnd(runToEnd(["gcc", ...flags, "-o", program, source]), { status: 0 });
  return program;
}

ebpfTest("of a program without frame pointers: the line of its read", () => {
  const program = compiled("byte-reader", ["-O2", "-g"]);
  const bill = billOf([], [program, join(folder.path, "zeros")]);
  const lines = readFileSync(source, "utf8").split("\n");
  const line = 1 + lines.findIndex((text) => text.includes("/* the call site */"));
  const [first] = readSites(bill);
  expect(first?.place.replace(/\?$/, "")).toBe(`add_up (${source}:${line})`);
  expect(first?.share).toBeGreaterThan(0.9);
  const [finding] = bill.findings ?? [];
  expect(finding?.code).toBe("small-reads");
  expect(finding?.sites[0]).toEqual(first);
});

ebpfTest("of a program with frame pointers that holds libc: the same, not its caller", () => {
  const program = compiled("framed-reader", ["-O2", "-g", "-fno-omit-frame-pointer", "-static"]);
  const [first] = readSites(billOf([], [program, join(folder.path, "zeros")]));
  expect(first?.place).toMatch(/^add_up \(.*byte-reader\.c:\d+\)\??$/);
});

ebpfTest("of a stripped program: where in it", () => {
  const program = compiled("stripped-reader", ["-O2", "-s"]);
  const [first] = readSites(billOf([], [program, join(folder.path, "zeros")]));
  expect(first?.place).toMatch(/^stripped-reader\+0x[0-9a-f]+\??$/);
});

ebpfTest("of a script under Node: the function and its line", () => {
  const script = join(folder.path, "loop.js");
  writeFileSync(
    script,
    'const fs = require("node:fs");\nconst byte = Buffer.alloc(1);\n' +
      "const file = fs.openSync(process.argv[2]);\n" +
      "function readLoop() {\n  while (fs.readSync(file, byte, 0, 1, null) === 1);\n}\nreadLoop();\n",
  );
  // V8 also begins a log, in the working directory unless told.
  const flags = ["--perf-basic-prof", `--logfile=${join(folder.path, "v8.log")}`];
  const command = [process.execPath, ...flags, script, join(folder.path, "zeros")];
  const bill = billOf([], command);
  for (const { pid } of bill.processes) maps.push(`/tmp/perf-${pid}.map`);
  const [first] = readSites(bill);
  expect(first?.place.replace(/\?$/, "")).toBe(`readLoop (${script}:4)`);
});

ebpfTest("of an interpreter that writes no map: a function of its own at least", () => {
  const read =
    "import os, sys\nfile = os.open(sys.argv[1], os.O_RDONLY)\nwhile os.read(file, 1): pass";
  const bill = billOf([], ["/usr/bin/python3", "-c", read, join(folder.path, "zeros")]);
  const [first] = readSites(bill);
  expect(first?.place).toMatch(/python3/);
});

/** A PATH on which addr2line says that it was started, and then does not end by itself. */
function hangingTools(marker: string): Record<string, string> {
  const tools = join(folder.path, "tools");
  mkdirSync(tools, { recursive: true });
  const script = `#!/bin/sh\n: > ${marker}\nexec sleep 600\n`;
  writeFileSync(join(tools, "addr2line"), script, { mode: 0o755 });
  return { PATH: `${tools}:${process.env["PATH"]}` };
}

ebpfTest(
  "a tool that hangs costs the names and not the bill, and Ctrl-C ends it at once",
  async () => {
    const program = compiled("hung-reader", ["-O2", "-g"]);
    const json = join(folder.path, "hung.json");
    const command = [program, join(folder.path, "zeros")];
    const given = ["run", "--json", json, "-o", join(folder.path, "hung.txt"), "--", ...command];
    const countNamed = () =>
      parseBill(readFileSync(json, "utf8"))
        .stacks.flatMap(({ frames }) => frames)
        .filter(({ symbol }) => typeof symbol?.function === "string").length;
    const environment = hangingTools(join(folder.path, "first"));
    expectEnd(crossbill(given, "", environment), { status: 0 });
    expect(countNamed()).toBe(0);
    const marker = join(folder.path, "second");
    const { child, ended } = startCrossbill(given, [], hangingTools(marker));
    while (!existsSync(marker)) await sleep(5);
    child.kill("SIGINT");
    expectEnd(await ended, { status: 0, signal: null });
    expect(countNamed()).toBe(0);
  },
);

ebpfTest("with --no-symbols frames stay addresses", () => {
  const bill = billOf(["--no-symbols"], ["/bin/ls", "-lR", "/usr/include"]);
  expect(bill.stacks.length).toBeGreaterThan(0);
  expect(bill.stacks.flatMap(({ frames }) => frames).some(({ symbol }) => symbol)).toBe(false);
});
