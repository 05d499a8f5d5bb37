/** On a terminal: Ctrl-C, Ctrl-Z and the settings behave as if crossbill were not there. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { z } from "zod";
import { cli, expectEnd, recorders, runToEnd, useOwnFolder } from "./command-line.ts";

useOwnFolder();

const script = fileURLToPath(new URL("pty-session.py", import.meta.url));
const sessionSchema = z.object({ shown: z.string(), end: z.string(), echoes: z.boolean() });

/** One `crossbill run` in the foreground of a terminal, with a user who follows the steps. */
function session(
  recorder: string,
  steps: readonly (readonly [string, ...(string | number)[]])[],
  command: readonly string[],
): z.infer<typeof sessionSchema> {
  const run = [process.execPath, cli, "run", "--recorder", recorder, "--", ...command];
  const ended = runToEnd(["python3", script, JSON.stringify(steps), ...run]);
  expectEnd(ended, { status: 0 });
  return sessionSchema.parse(JSON.parse(ended.stdout));
}

test("a bill is as wide as the terminal it is printed on", () => {
  const golden = "../../packages/core/src/golden/exact.bill.golden.json";
  const bill = fileURLToPath(new URL(golden, import.meta.url));
  const program = 'stty cols "$0"; unset COLUMNS; exec "$@"';
  const report = [process.execPath, cli, "report", bill];
  const widest = (columns: number) => {
    const command = ["sh", "-c", program, `${columns}`, ...report];
    const ended = runToEnd(["python3", script, "[]", ...command]);
    expectEnd(ended, { status: 0 });
    const { shown } = sessionSchema.parse(JSON.parse(ended.stdout));
    expect(shown).toContain("audit: entered");
    // oxlint-disable-next-line no-control-regex
    const lines = shown.replace(/\u001b\[\d+m/g, "").split("\r\n");
    return Math.max(...lines.map(({ length }) => length));
  };
  expect(widest(76)).toBeLessThanOrEqual(76);
  expect(widest(120)).toBeGreaterThan(100);
  expect(widest(120)).toBeLessThanOrEqual(120);
});

test.each(recorders)(
  "%s: Ctrl-C reaches the program once, and the bill is printed after it ended",
  (recorder) => {
    const program =
      "n=0; trap 'n=$((n+1))' INT; echo ready;" +
      " while [ $n = 0 ]; do sleep 0.05; done; sleep 0.4; echo n=$n; exit 5";
    const { shown, end } = session(
      recorder,
      [
        ["await", "ready"],
        ["type", "\u0003"],
      ],
      ["bash", "-c", program],
    );
    expect(shown).toContain("n=1");
    expect(shown.indexOf("audit: entered")).toBeGreaterThan(shown.indexOf("n=1"));
    expect(end, shown).toBe("status 5");
  },
);

test.each(recorders)(
  "%s: a program that Ctrl-C ends makes crossbill end by SIGINT, with the bill",
  (recorder) => {
    const { shown, end } = session(
      recorder,
      [
        ["await", "ready"],
        ["type", "\u0003"],
      ],
      ["sh", "-c", "echo ready; exec sleep 60"],
    );
    expect(shown).toContain("audit: entered");
    expect(end, shown).toBe("signal 2");
  },
);

test.each(recorders)("%s: Ctrl-Z stops the program and fg continues it", (recorder) => {
  const { shown, end } = session(
    recorder,
    [
      ["await", "ready"],
      ["type", "\u001a"],
      ["stopped"],
      ["continue"],
      ["pause", 0.2],
      ["type", "go\n"],
    ],
    ["sh", "-c", "echo ready; read word; echo got $word"],
  );
  expect(shown).toContain("got go");
  expect(end, shown).toBe("status 0");
});

test.each(recorders)(
  "%s: what the program does to the terminal's settings stays done",
  (recorder) => {
    expect(session(recorder, [], ["stty", "-echo"])).toMatchObject({ echoes: false });
    expect(session(recorder, [], ["true"])).toMatchObject({ echoes: true });
  },
);
