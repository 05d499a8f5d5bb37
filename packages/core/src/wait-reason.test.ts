/** Wait reason: one row per rule. */
import { expect, test } from "vitest";
import { waitReason } from "./wait-reason.ts";

test.each([
  ["futex", "none", "lock"],
  ["flock", "file", "lock"],
  ["fcntl", "file", "lock"],
  ["munmap", "none", "lock"],
  ["clock_nanosleep", "none", "timer"],
  ["read", "timerfd", "timer"],
  ["wait4", "none", "child"],
  ["waitid", "none", "child"],
  ["vfork", "none", "child"],
  ["recvfrom", "tcp", "network"],
  ["accept4", "tcp", "network"],
  ["accept4", "unix", "pipe"],
  ["connect", "udp", "network"],
  ["read", "socket", "network"],
  ["read", "pipe", "pipe"],
  ["write", "fifo", "pipe"],
  ["read", "eventfd", "pipe"],
  ["openat", "fifo", "pipe"],
  ["fsync", "file", "disk"],
  ["read", "file", "disk"],
  ["getdents64", "directory", "disk"],
  ["write", "block", "disk"],
  ["renameat2", "none", "disk"],
  ["poll", "none", "other"],
  ["epoll_wait", "epoll", "other"],
  ["read", "terminal", "other"],
  ["read", "unknown", "other"],
  ["getrandom", "none", "other"],
] as const)("%s on %s waits for: %s", (syscall, kind, reason) => {
  expect(waitReason(syscall, kind, "other")).toBe(reason);
});

test("the kernel's iowait flag means the disk, whatever the call", () => {
  expect(waitReason("futex", "none", "io")).toBe("disk");
  expect(waitReason("read", "pipe", "io")).toBe("disk");
});
