/** System calls: spot checks of generated tables against the manual, and what the tables promise. */
import { expect, test } from "vitest";
import { errnoName, signalName, signalNumber } from "./errno.ts";
import { fileSystemName } from "./file-systems.ts";
import {
  architectures,
  syscallName,
  syscallNames,
  syscallNumber,
  syscallsOfClass,
} from "./syscalls.ts";
import { uringOpcodeName } from "./uring-opcodes.ts";

test.each([
  ["x86_64", 0, "read"],
  ["x86_64", 39, "getpid"],
  ["x86_64", 231, "exit_group"],
  ["x86_64", 257, "openat"],
  ["x86_64", 332, "statx"],
  ["x86_64", 435, "clone3"],
  ["x86_64", 462, "mseal"],
  ["aarch64", 63, "read"],
  ["aarch64", 172, "getpid"],
  ["aarch64", 94, "exit_group"],
  ["aarch64", 56, "openat"],
  ["aarch64", 79, "newfstatat"],
  ["aarch64", 291, "statx"],
  ["aarch64", 435, "clone3"],
] as const)("%s numbers %i as %s", (architecture, number, name) => {
  expect(syscallName(architecture, number)).toBe(name);
});

test("every name leads back to its number, and a nameless number to itself", () => {
  for (const architecture of architectures) {
    for (let number = 0; number < 600; number += 1) {
      expect(syscallNumber(architecture, syscallName(architecture, number))).toBe(number);
    }
  }
  expect(syscallName("x86_64", 0x1f4)).toBe("syscall_0x1f4");
  expect(syscallNumber("aarch64", "open")).toBeNull();
});

test("arm64 has no call that x86-64 lacks but for its own", () => {
  const x86 = syscallNames("x86_64");
  expect([...syscallNames("aarch64")].filter((name) => !x86.has(name))).toEqual([]);
});

test("classes hold what strace shows, and only calls that exist", () => {
  expect([...syscallsOfClass("%stat")]).toEqual(["fstat", "lstat", "newfstatat", "stat", "statx"]);
  expect(syscallsOfClass("network").has("sendfile")).toBe(true);
  expect(syscallsOfClass("file").has("read")).toBe(false);
  expect(syscallsOfClass("desc").has("read")).toBe(true);
  for (const name of syscallsOfClass("desc")) expect(syscallNames().has(name), name).toBe(true);
});

test("errno names include the kernel's own", () => {
  expect([2, 11, 35, 95, 110, 133].map(errnoName)).toEqual([
    "ENOENT",
    "EAGAIN",
    "EDEADLK",
    "EOPNOTSUPP",
    "ETIMEDOUT",
    "EHWPOISON",
  ]);
  expect([512, 513, 514, 516].map(errnoName)).toEqual([
    "ERESTARTSYS",
    "ERESTARTNOINTR",
    "ERESTARTNOHAND",
    "ERESTART_RESTARTBLOCK",
  ]);
  expect(errnoName(4000)).toBe("errno_4000");
});

test("signals lead from number to name and back", () => {
  expect([1, 9, 15, 17, 31, 34, 70].map(signalName)).toEqual([
    "SIGHUP",
    "SIGKILL",
    "SIGTERM",
    "SIGCHLD",
    "SIGSYS",
    "SIGRT_2",
    "signal_70",
  ]);
  for (let number = 1; number <= 64; number += 1) {
    expect(signalNumber(signalName(number))).toBe(number);
  }
  expect(signalNumber("SIGNOTHING")).toBeNull();
});

test("io_uring operations and file systems have names, unknown ones a number", () => {
  expect([0, 22, 26, 48, 62, 99].map(uringOpcodeName)).toEqual([
    "NOP",
    "READ",
    "SEND",
    "SENDMSG_ZC",
    "PIPE",
    "OP_99",
  ]);
  expect([0xef53, 61267, 0x01021994, -0x6edc97c2, 0x9fa0, 0].map(fileSystemName)).toEqual([
    "ext4",
    "ext4",
    "tmpfs",
    "btrfs",
    "proc",
    null,
  ]);
  expect(fileSystemName(0x1234)).toBe("magic_0x1234");
});
