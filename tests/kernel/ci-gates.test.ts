/** diff and check on real programs: exact counts, exit statuses, output that passes through. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseBudget } from "@crossbill/core";
import { expect, test } from "vitest";
import { z } from "zod";
import { crossbill, expectEnd, recorders, useOwnFolder } from "./command-line.ts";

const folder = useOwnFolder();

/** Opens a file that is not there `count` times, and says so in a line each. */
const program = (count: number) => [
  ...["/usr/bin/python3", "-S", "-c"],
  `import os
for n in range(${count}):
    try: os.open("/nonexistent/file", 0)
    except FileNotFoundError: print("miss", n)
print("end")`,
];
const diffSchema = z.object({
  lines: z.array(z.object({ syscall: z.string(), calls: z.object({ a: z.int(), b: z.int() }) })),
  rules: z.array(z.object({ verdict: z.string(), growth: z.number() })),
});

test.each(recorders)("%s: 23 opens against 101 are 78 more, and a rule counts them", (recorder) => {
  const bills = [23, 101].map((count) => {
    const file = join(folder.path, `${recorder}-${count}.json`);
    const flags = ["--recorder", recorder, "--json", file, "-o", "/dev/null"];
    expectEnd(crossbill(["run", ...flags, "--", ...program(count)]), { status: 0 });
    return file;
  });
  const gate = (rule: string) => crossbill(["diff", ...bills, "--json", "--fail-on", rule]);
  expectEnd(gate("openat>78"), { status: 0, stderr: "" });
  const broken = gate("openat>77");
  expectEnd(broken, { status: 1, stderr: "crossbill: --fail-on openat>77 is broken\n" });
  const { lines, rules } = diffSchema.parse(JSON.parse(broken.stdout));
  expect(rules).toEqual([{ verdict: "broken", growth: 78 }]);
  const [opens] = lines.filter(({ syscall }) => syscall === "openat");
  expect((opens?.calls.b ?? 0) - (opens?.calls.a ?? 0)).toBe(78);
  expectEnd(crossbill(["diff", ...bills, "--fail-on", "ENOENT>77"]), { status: 1 });
  expectEnd(crossbill(["diff", ...bills.toReversed(), "--fail-on", "openat>0"]), { status: 0 });
});

test.each(recorders)(
  "%s: a budget written from a run passes it, and fails one more call",
  (recorder) => {
    const budget = join(folder.path, `${recorder}-budget.json`);
    const check = (count: number, ...flags: string[]) =>
      crossbill([
        "check",
        "--recorder",
        recorder,
        "--budget",
        budget,
        ...flags,
        "--",
        ...program(count),
      ]);
    writeFileSync(
      budget,
      '{"schema":"crossbill.budget/1","limits":{"ENOENT":"<= 0"},"why":"kept"}',
    );
    expectEnd(check(23, "--update", "--headroom", "0%"), { status: 0 });
    const { limits, ...rest } = parseBudget(readFileSync(budget, "utf8"));
    expect(rest).toMatchObject({ why: "kept", headroom: 0 });
    const seen = Number(/^<= (\d+)$/.exec(limits["ENOENT"] ?? "")?.[1]);
    expectEnd(check(23), { status: 0 });
    const broken = check(24);
    expectEnd(broken, { status: 1 });
    const [over, allowed] = [seen + 1, seen].map((count) => count.toLocaleString("en-US"));
    expect(broken.stderr).toContain(`crossbill: ENOENT: ${over}, 1 over the ${allowed} allowed\n`);
    expect(broken.stderr).toContain("most of ENOENT");
  },
);

test.each(recorders)(
  "%s: lines of output are the units, and all of it passes through",
  (recorder) => {
    const budget = join(folder.path, `${recorder}-lines.json`);
    const flags = ["--recorder", recorder, "--budget", budget, "--json", `${budget}.check`];
    const counted = ["--update", "--per-line", "^miss", "--runs", "2"];
    const ended = crossbill(["check", ...flags, ...counted, "--", ...program(23)]);
    const once = `${Array.from({ length: 23 }, (_, n) => `miss ${n}\n`).join("")}end\n`;
    expectEnd(ended, { status: 0, stdout: once + once });
    const { per } = z
      .object({ per: z.object({ counts: z.array(z.int()) }) })
      .parse(JSON.parse(readFileSync(`${budget}.check`, "utf8")));
    expect(per.counts).toEqual([23, 23]);
    expectEnd(crossbill(["check", ...flags, "--", ...program(23)]), { status: 0, stdout: once });
    const none = crossbill(["check", ...flags, "--", "echo", "other"]);
    expectEnd(none, { status: 2, stdout: "other\n" });
  },
);

test("a program that fails passes its status or signal through and is not judged", () => {
  const budget = join(folder.path, "failing.json");
  writeFileSync(budget, '{"schema":"crossbill.budget/1","limits":{"syscalls":"<= 0"}}');
  const check = (script: string) =>
    crossbill(["check", "--budget", budget, "--", "sh", "-c", script]);
  expectEnd(check("exit 7"), {
    status: 7,
    stderr: "crossbill: the program ended with status 7: its budget is not judged\n",
  });
  expectEnd(check("kill -TERM $$"), { signal: "SIGTERM" });
  const before = readFileSync(budget, "utf8");
  expectEnd(crossbill(["check", "--budget", budget, "--update", "--", "false"]), { status: 1 });
  expect(readFileSync(budget, "utf8")).toBe(before);
});

test("bad budgets, rules and flags are one line each, before the program starts", () => {
  const budget = join(folder.path, "bad.json");
  const check = (limits: string, ...flags: string[]) => {
    writeFileSync(budget, `{"schema":"crossbill.budget/1","limits":${limits}}`);
    const ended = crossbill(["check", "--budget", budget, ...flags, "--", "echo", "started"]);
    expect(ended.stdout).toBe("");
    expect(ended.stderr.split("\n")).toHaveLength(2);
    return ended;
  };
  expectEnd(check('{"opneat":"<= 1"}'), { status: 2 });
  expectEnd(check('{"openat":"1"}'), { status: 2 });
  expectEnd(check('{"openat":1}'), { status: 125 });
  expectEnd(check('{"openat":"<= 1 / request"}'), { status: 2 });
  expectEnd(check('{"openat":"<= 1"}', "--per-line", "("), { status: 2 });
  expectEnd(check('{"openat":"<= 1"}', "--headroom", "5%"), { status: 2 });
  expectEnd(crossbill(["check", "--", "true"]), { status: 2 });
  expectEnd(crossbill(["diff", budget, budget]), { status: 125 });
  expectEnd(crossbill(["diff", budget]), { status: 2 });
});
