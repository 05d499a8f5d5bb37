/** profile: the prices beyond the bill's own, which advice needs. */
import type { Machine } from "@crossbill/core";
import type { Parameters } from "@crossbill/native";

/** One mechanism, and how often what it costs goes into a price. */
export interface Term {
  readonly mechanism: string;
  readonly parameters: Parameters;
  readonly times: number;
}

export interface ProfileEntry {
  /** Its key in the prices. */
  readonly code: string;
  readonly what: string;
  /** The price is their sum within a round; what is taken off has negative `times`. */
  readonly terms: readonly Term[];
  /** It exists inside a virtual machine only. */
  readonly isVirtual?: true;
}

/** What distinguishes the measurement of a term from all others. */
export function termName({ mechanism, parameters }: Term): string {
  const given = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  return [mechanism, ...given].join(" ");
}

/** The entries that make sense on this machine. */
export function profileOf({ hypervisor }: Pick<Machine, "hypervisor">): readonly ProfileEntry[] {
  const isVirtual = hypervisor !== null && hypervisor !== "none";
  return profile.filter((entry) => entry.isVirtual !== true || isVirtual);
}

const term = (mechanism: string, parameters: Parameters = {}, times = 1): Term => {
  return { mechanism, parameters, times };
};

const call = (code: string, what: string): ProfileEntry => ({
  code,
  what,
  terms: [term("system-call", { call: code })],
});

type Transport = "pipe" | "unix" | "tcp";
const transports: Readonly<Record<Transport, string>> = {
  pipe: "a pipe",
  unix: "a Unix socket",
  tcp: "TCP over the loopback device",
};

/** A message through `transport` and back out, by one process. */
const message = (transport: Transport, bytes: number, size: string): ProfileEntry => ({
  code: `${transport}-${size}`,
  what: `a message of ${size} into ${transports[transport]} and out`,
  terms: [term("pipe-pair", { transport, bytes })],
});

/** Requests that do nothing handed over at a time: of two batches, the line through both. */
const BATCH = 64;
const lone = { batch: 1 };
const many = { batch: BATCH };

/** Calls of a round under a monitor; a tracer takes some 10 us for each. */
const WATCHED_CALLS = { seccomp: 128, ptrace: 8 };

/** What a monitor adds to one call. */
function tax(code: string, what: string, under: string, calls: number): ProfileEntry {
  const terms = [
    term("monitored-calls", { under, calls }, 1 / calls),
    term("monitored-calls", { under: "nothing", calls }, -1 / calls),
  ];
  return { code, what, terms };
}

/** More than any second-level cache, so that both page and its bookkeeping must be found. */
const FILE_BYTES = 16 << 20;
const PAGE_BYTES = 4096;
const scattered = { bytes: FILE_BYTES, visit: PAGE_BYTES, order: "random", use: "none" };

export const profile: readonly ProfileEntry[] = [
  call("lseek", "moving a file's position"),
  {
    code: "pread-4KiB",
    what: "reading 4 KiB of a file in the page cache at a random place",
    terms: [term("file-read", scattered, PAGE_BYTES / FILE_BYTES)],
  },
  call("write-byte", "writing one byte to a file in the page cache"),
  call("write-64KiB", "writing 64 KiB to a file in the page cache"),
  call("copy-file-range-64KiB", "copying 64 KiB from file to file by copy_file_range"),
  call("stat", "stat of a file that is known"),
  call("stat-missing", "stat of a file that does not exist"),
  call("open-close", "opening a directory and closing it"),
  call("getdents", "listing the root directory"),
  call("futex-wake", "a futex wake that finds nobody"),
  call("epoll-wait", "epoll_wait with one descriptor ready"),
  call("poll", "poll of one descriptor that is ready"),
  call("eventfd", "adding to an eventfd and reading it"),
  call("mmap-munmap", "mapping a page of a file and unmapping it"),
  call("vfork-wait", "starting a process that ends at once, and waiting for it"),
  call("fork-exec", "fork and exec of /bin/true, and waiting for its end"),
  message("pipe", 64, "64B"),
  message("pipe", 65_536, "64KiB"),
  message("unix", 64, "64B"),
  message("unix", 65_536, "64KiB"),
  message("tcp", 64, "64B"),
  message("tcp", 65_536, "64KiB"),
  {
    code: "uring-enter",
    what: "one io_uring_enter, without the entries it hands over",
    terms: [
      term("uring-nop", lone, BATCH / (BATCH - 1)),
      term("uring-nop", many, -1 / (BATCH - 1)),
    ],
  },
  {
    code: "uring-entry",
    what: "one io_uring entry that does nothing, from its filling in to its completion",
    terms: [term("uring-nop", many, 1 / (BATCH - 1)), term("uring-nop", lone, -1 / (BATCH - 1))],
  },
  tax(
    "seccomp-tax",
    "what a seccomp filter that looks at an argument adds to a call",
    "seccomp-argument",
    WATCHED_CALLS.seccomp,
  ),
  tax(
    "ptrace-tax",
    "what a ptrace tracer that stops at both ends adds to a call",
    "ptrace",
    WATCHED_CALLS.ptrace,
  ),
  {
    code: "vm-exit",
    what: "leaving the virtual machine and coming back (CPUID)",
    terms: [term("cpuid")],
    isVirtual: true,
  },
  {
    code: "fsync",
    what: "a record of 128 bytes written and made durable on this disk",
    terms: [term("fsync")],
  },
];
