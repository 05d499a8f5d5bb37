/** The tools that exports are for read them: the real ones, from Debian, on what the command line wrote. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Bill, billValues, exportFormats, parseBill, valueNames } from "@crossbill/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { cli, crossbill, expectEnd, runToEnd } from "./command-line.ts";

const golden = new URL(
  "../../packages/core/src/golden/captured-shell-exact.bill.golden.json",
  import.meta.url,
);
const bill = parseBill(readFileSync(golden, "utf8"));
/** For a terminal, a label, a table and a shell. */
const NAME = '\u001b]0;x\u0007"}\n{<b>\u202e`|;\udcff\\';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "crossbill-exports-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The same bill under a name that means harm. */
function renamed(whole: Bill): Bill {
  const lines = whole.lines.map((line) => ({
    ...line,
    process: { ...line.process, comm: NAME },
    target: { ...line.target, path: NAME },
  }));
  return { ...whole, command: [NAME], lines };
}

/** A file of the format, as the command line makes it (below). */
function written(whole: Bill, id: string): string {
  const format = exportFormats.find((one) => one.id === id);
  if (format === undefined) throw new Error(`no format ${id}`);
  const content = format.write(whole, { value: "boundary", top: 10 });
  const file = join(folder, `bill.${id}`);
  writeFileSync(file, format.gzip === true ? gzipSync(content) : content);
  return file;
}

const pprof = (flags: readonly string[], file: string) =>
  runToEnd(["go", "tool", "pprof", "-symbolize=none", ...flags, file], "", { HOME: folder });

test("go tool pprof finds the bill's totals in each of the five figures", () => {
  const file = written(bill, "pprof");
  const units = { boundary: "ns", kernel: "ns", wait: "ns", crossings: "count", bytes: "B" };
  for (const name of valueNames) {
    const flags = ["-top", "-nodefraction=0", `-sample_index=${name}`, `-unit=${units[name]}`];
    const ended = pprof(flags, file);
    expectEnd(ended, { status: 0 });
    const total = /Total samples = (\d+)|100% of (\d+)\S* total/.exec(ended.stdout);
    expect(Number(total?.[1] ?? total?.[2]), ended.stdout).toBe(billValues(bill)[name]);
  }
});

test("go tool pprof shows process, place and call, and nothing of a hostile name as it is", () => {
  const ended = pprof(["-traces", "-sample_index=crossings"], written(renamed(bill), "pprof"));
  expectEnd(ended, { status: 0 });
  expect(ended.stdout).toMatch(/ {5,}\d+ {3}wait4\n +\(call site not known\)\n/);
  expect(ended.stdout).toContain('\\x1b]0;x\\x07"}\\n{<b>\\u202e`|;\\xff\\\\');
  // oxlint-disable-next-line no-control-regex
  expect(ended.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test.each([
  ["a bill", bill],
  ["a bill with hostile names", renamed(bill)],
])("promtool has nothing to say against %s", (_, whole) => {
  const text = readFileSync(written(whole, "prometheus"), "utf8");
  expectEnd(runToEnd(["promtool", "check", "metrics"], text), {
    status: 0,
    stdout: "",
    stderr: "",
  });
});

test("promtool would complain about what is no Prometheus text", () => {
  const ended = runToEnd(["promtool", "check", "metrics"], 'x{a="\n"} 1\n');
  expect(ended.status).not.toBe(0);
});

test("Python's csv finds the bill's lines and totals", () => {
  const script =
    "import csv, json, sys; rows = list(csv.DictReader(open(sys.argv[1], newline=''), strict=True)); " +
    "print(json.dumps([len(rows), *(sum(int(r[k]) for r in rows) for k in sys.argv[2:])]))";
  const columns = ["boundary_ns", "kernel_ns", "wait_ns", "crossings", "bytes"];
  for (const whole of [bill, renamed(bill)]) {
    const ended = runToEnd(["python3", "-c", script, written(whole, "csv"), ...columns]);
    expectEnd(ended, { status: 0, stderr: "" });
    const [rows, ...sums] = z.array(z.number()).parse(JSON.parse(ended.stdout));
    expect(rows).toBeGreaterThanOrEqual(whole.lines.length);
    expect(sums).toEqual(valueNames.map((name) => billValues(whole)[name]));
  }
});

test("report writes what core makes, to a file or to standard output", () => {
  for (const { id, gzip, write } of exportFormats) {
    const content = Buffer.from(write(bill, { value: "wait", top: 3 }));
    const output = join(folder, `reported.${id}`);
    const report = ["report", fileURLToPath(golden), "--format", id, "--value", "wait"];
    const ended = crossbill([...report, "--top", "3", ...(id === "csv" ? [] : ["-o", output])]);
    expectEnd(ended, { status: 0, stderr: "" });
    const file = id === "csv" ? Buffer.from(ended.stdout, "latin1") : readFileSync(output);
    expect((gzip === true ? gunzipSync(file) : file).equals(content), id).toBe(true);
  }
});

test("json and text are formats too; two formats at once and unknown ones are refused", () => {
  const report = (...flags: string[]) => crossbill(["report", fileURLToPath(golden), ...flags]);
  expect(report("--format", "json").stdout).toBe(report("--json").stdout);
  expect(report("--format", "text").stdout).toBe(report().stdout);
  expectEnd(report("--json", "--format", "csv"), {
    status: 2,
    stdout: "",
    stderr: "crossbill: --json and --format csv are two formats; give one\n",
  });
  expectEnd(report("--format", "xml"), { status: 2, stdout: "" });
});

test("compressed bytes are not written to a terminal", () => {
  const session = fileURLToPath(new URL("pty-session.py", import.meta.url));
  const report = [process.execPath, cli, "report", fileURLToPath(golden), "--format", "pprof"];
  const ended = runToEnd(["python3", session, "[]", ...report]);
  expectEnd(ended, { status: 0 });
  const { shown, end } = z
    .object({ shown: z.string(), end: z.string() })
    .parse(JSON.parse(ended.stdout));
  expect(shown).toMatch(/^crossbill: pprof is not for a terminal.*-o bill\.pb\.gz\r\n$/);
  expect(end).toBe("status 2");
});

test("a place that cannot be written is refused, and leaves nothing", () => {
  const output = join(folder, "absent", "bill.pb.gz");
  const ended = crossbill(["report", fileURLToPath(golden), "--format", "pprof", "-o", output]);
  expectEnd(ended, { status: 2, stdout: "" });
  expect(ended.stderr).toMatch(/^crossbill: cannot write .*: ENOENT; .*\n$/);
  writeFileSync(join(folder, "kept"), "before");
  const broken = crossbill(["report", "-", "--format", "csv", "-o", join(folder, "kept")], "{");
  expect(broken.status).not.toBe(0);
  expect(readFileSync(join(folder, "kept"), "utf8")).toBe("before");
});
