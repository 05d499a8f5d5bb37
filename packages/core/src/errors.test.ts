/** Errors: stable codes, one line, nothing hostile in the message. */
import { expect, test } from "vitest";
import {
  CrossbillError,
  SyscallError,
  TargetError,
  UnsupportedError,
  UsageError,
} from "./errors.ts";

test("an error names its class on the prototype and keeps its cause", () => {
  const cause = new Error("below");
  const error = new UsageError("no command", { remedy: "write one after --", cause });
  expect(error).toBeInstanceOf(CrossbillError);
  expect(error.name).toBe("UsageError");
  expect(Object.keys(error)).not.toContain("name");
  expect(error.cause).toBe(cause);
  expect(error.remedy).toBe("write one after --");
});

test("without a cause there is no cause property", () => {
  expect("cause" in new UsageError("x")).toBe(false);
});

test("a message is one line without control characters", () => {
  expect(new UsageError("first\n  second\x1b[2J").message).toBe("first second\\x1b[2J");
});

test("a missing program exits with 127 and one that cannot run with 126", () => {
  expect(new TargetError("nope", "ENOENT")).toMatchObject({
    exitStatus: 127,
    message: "nope: command not found",
  });
  expect(new TargetError("a\nb", "EACCES")).toMatchObject({
    exitStatus: 126,
    message: "a\\nb: cannot be executed (EACCES)",
  });
  expect(new TargetError("./a", "ENOENT", { interpreter: "/usr/bin/py\r" })).toMatchObject({
    exitStatus: 127,
    message: "./a: its interpreter /usr/bin/py\\r was not found",
  });
  expect(new TargetError("./a", "ENOEXEC")).toMatchObject({
    exitStatus: 126,
    message: "./a: cannot be executed: exec format error",
  });
});

test("a refused call and a missing feature say what they are", () => {
  expect(new SyscallError("bpf", "EPERM").message).toBe("bpf failed with EPERM");
  expect(new UnsupportedError("BTF", "5.4").message).toBe("BTF needs Linux 5.4 or newer");
  expect(new UnsupportedError("io_uring", null).message).toBe("io_uring is not supported here");
});
