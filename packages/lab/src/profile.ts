/** profile: the prices beyond the bill's own, which advice needs: one mechanism each. */
import type { Parameters } from "@crossbill/native";

export interface ProfileEntry {
  /** Its key in the prices. */
  readonly code: string;
  readonly what: string;
  readonly mechanism: string;
  readonly parameters: Parameters;
}

const call = (code: string, what: string): ProfileEntry => ({
  code,
  what,
  mechanism: "system-call",
  parameters: { call: code },
});

/** A message through `transport` and back out, by one process. */
const message = (transport: "pipe" | "unix", bytes: number, size: string): ProfileEntry => ({
  code: `${transport}-${size}`,
  what: `a message of ${size} into a ${transport === "unix" ? "Unix socket" : "pipe"} and out`,
  mechanism: "pipe-pair",
  parameters: { transport, bytes },
});

export const profile: readonly ProfileEntry[] = [
  call("lseek", "moving a file's position"),
  call("write-byte", "writing one byte to a file in the page cache"),
  call("stat", "stat of a file that is known"),
  call("stat-missing", "stat of a file that does not exist"),
  call("open-close", "opening a directory and closing it"),
  call("getdents", "listing the root directory"),
  call("futex-wake", "a futex wake that finds nobody"),
  call("epoll-wait", "epoll_wait with one descriptor ready"),
  call("poll", "poll of one descriptor that is ready"),
  call("mmap-munmap", "mapping a page of a file and unmapping it"),
  call("vfork-wait", "starting a process that ends at once, and waiting for it"),
  message("pipe", 64, "64B"),
  message("pipe", 65_536, "64KiB"),
  message("unix", 64, "64B"),
  message("unix", 65_536, "64KiB"),
  {
    code: "fsync",
    what: "a record of 128 bytes written and made durable on this disk",
    mechanism: "fsync",
    parameters: {},
  },
];
