import {
  PermissionError,
  RecorderError,
  RecordingError,
  TargetError,
  UnsupportedError,
  UsageError,
} from "@crossbill/core";
import { CommanderError } from "commander";
import { expect, test } from "vitest";
import { describeFailure, rephraseUsage } from "./failure.ts";

test.each([
  [new UsageError("x"), 2],
  [new PermissionError("x"), 125],
  [new UnsupportedError("x", null), 125],
  [new RecorderError("x"), 125],
  [new RecordingError("x", null), 125],
  [new TargetError("nosuch", "ENOENT"), 127],
  [new TargetError("/etc/passwd", "EACCES"), 126],
  [new Error("a mistake of ours"), 125],
  ["not even an error", 125],
])("%s ends crossbill with status %d", (error, status) => {
  expect(describeFailure(error).status).toBe(status);
});

test("a mistake of the user's is one line with what to do", () => {
  const error = new UsageError("attach: no process\nis given", { remedy: "name it with -p" });
  expect(describeFailure(error).message).toBe("attach: no process is given; name it with -p");
});

test("a mistake of crossbill's keeps its stack", () => {
  expect(describeFailure(new Error("x")).message).toContain("failure.test.ts");
});

test("the file system's errors are one safe line", () => {
  const error = Object.assign(new Error("ENOSPC: no space, write '\u001b[2J'"), {
    code: "ENOSPC",
  });
  expect(describeFailure(error)).toEqual({
    message: "ENOSPC: no space, write '\\x1b[2J'",
    status: 125,
  });
});

test("help and version end with 0, every other end of the parser with 2", () => {
  expect(describeFailure(new CommanderError(0, "commander.help", "")).status).toBe(0);
  expect(describeFailure(new CommanderError(1, "commander.unknownOption", "")).status).toBe(2);
});

test("the parser's messages become one line with the nearest name or where to look", () => {
  expect(rephraseUsage("error: unknown option '--jsno'\n(Did you mean --json?)\n", "x")).toBe(
    "crossbill: unknown option '--jsno'; did you mean --json?\n",
  );
  expect(rephraseUsage("error: missing required argument 'file'\n", "crossbill report")).toBe(
    "crossbill: missing required argument 'file'; see crossbill report --help\n",
  );
  expect(rephraseUsage("error: unknown option '--\u001b[2J'\n", "x")).not.toContain("\u001b");
});
