/** Trace expressions: what strace(1) documents, and errors that help. */
import { expect, test } from "vitest";
import { UsageError } from "./errors.ts";
import { nearestName } from "./nearest-name.ts";
import { parseTraceExpression } from "./trace-expression.ts";

const sample = ["read", "openat", "mmap", "connect", "kill", "stat", "getpid", "syscall_0x1f4"];
const selected = (expression: string) => {
  const selection = parseTraceExpression(expression);
  return sample.filter((name) => selection.has(name));
};

test.each([
  ["trace=read,openat", ["read", "openat"]],
  ["t=read", ["read"]],
  ["read", ["read"]],
  ["all", sample],
  ["none", []],
  ["!none", sample],
  ["!all", []],
  ["read,all", sample],
  ["%file", ["openat", "stat"]],
  ["file", ["openat", "stat"]],
  ["%net", ["connect"]],
  ["network,%memory", ["mmap", "connect"]],
  ["!%file,%memory", ["read", "connect", "kill", "getpid", "syscall_0x1f4"]],
  ["%%stat", ["stat"]],
  ["%pure", ["getpid"]],
  ["/^(read|open)", ["read", "openat"]],
  ["/[[:digit:]]", []],
  ["?bogus,read", ["read"]],
  ["?%bogus,kill", ["kill"]],
  ["0,257", ["read", "openat"]],
  ["syscall_0x1f4", ["syscall_0x1f4"]],
  ["read@64", ["read"]],
])("%s selects %j", (expression, names) => {
  expect(selected(expression)).toEqual(names);
});

test.each([
  ["trace=opennat", 'unknown system call "opennat" (did you mean openat?)'],
  ["raed", 'unknown system call "raed" (did you mean read?)'],
  ["%fiel", 'unknown class of system calls "%fiel" (did you mean %file?)'],
  ["zzzzzzzzzz", 'unknown system call "zzzzzzzzzz"'],
  ["read,none", 'unknown system call "none"'],
  ["", "a trace expression must not hold an empty name"],
  ["read,,write", "a trace expression must not hold an empty name"],
  ["/^nothing_", 'no system call matches "/^nothing_"'],
  ["/(", '/"(" is not a regular expression'],
  ["inject=read:error=EIO", "-e inject=...: only system calls can be selected"],
  ["signal=none", "-e signal=...: only system calls can be selected"],
  ["read@32", '"read@32": only 64-bit system calls are recorded'],
  ["\x1b[2J", 'unknown system call "\\x1b[2J"'],
])("%j is refused: %s", (expression, message) => {
  expect(() => parseTraceExpression(expression)).toThrow(UsageError);
  expect(() => parseTraceExpression(expression)).toThrow(message);
});

test("an architecture's own table decides what exists and what a number means", () => {
  expect(parseTraceExpression("63", "aarch64").has("read")).toBe(true);
  expect(() => parseTraceExpression("open", "aarch64")).toThrow("did you mean openat?");
});

test("a swap of two letters is one slip", () => {
  expect(nearestName("wriet", ["wait4", "write", "writev"])).toBe("write");
  expect(nearestName("", ["read"])).toBeNull();
});
