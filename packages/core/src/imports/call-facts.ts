/** What a strace log tells of a call's descriptor, bytes and waiting. */
import { decodeByteString } from "../byte-text.ts";
import type { DescriptorKind } from "../recording.ts";
import { syscallsOfClass } from "../syscalls.ts";
import { type StraceCall, unescapeStrace } from "./strace-call.ts";

/** Calls that move bytes, and which argument says how many were asked for; 0: it is in pieces. */
const sizeArguments: ReadonlyMap<string, number> = new Map([
  ...["read", "write", "pread64", "pwrite64", "sendto", "recvfrom", "getdents64", "tee"].map(
    (name) => [name, 3] as const,
  ),
  ...["getdents", "mq_timedreceive", "readlink", "msgrcv"].map((name) => [name, 3] as const),
  ...["readlinkat", "sendfile"].map((name) => [name, 4] as const),
  ...["splice", "copy_file_range"].map((name) => [name, 5] as const),
  ...["getrandom", "getcwd"].map((name) => [name, 2] as const),
  ...["readv", "writev", "preadv", "pwritev", "preadv2", "pwritev2"].map(
    (name) => [name, 0] as const,
  ),
  ...["sendmsg", "recvmsg", "vmsplice"].map((name) => [name, 0] as const),
]);

/** Linux moves no more in one call (MAX_RW_COUNT). */
const BYTES_MAX = 0x7fff_f000;

export interface MovedBytes {
  readonly bytes: number;
  readonly requestedBytes: number;
}

/** null: the call moves none. Of a call that failed: what it asked for. */
export function movedBytes({ syscall, args, result, error }: StraceCall): MovedBytes | null {
  const position = sizeArguments.get(syscall);
  if (position === undefined || result === null) return null;
  const bytes = error === null ? Math.min(Math.max(0, result), BYTES_MAX) : 0;
  const asked = Number(/^\d{1,15}$/.exec(args[position - 1] ?? "")?.[0] ?? bytes);
  return { bytes, requestedBytes: Math.min(Math.max(bytes, asked), BYTES_MAX) };
}

export interface CallTarget {
  readonly kind: DescriptorKind;
  /** null: there is none, or strace ran without -y. */
  readonly name: string | null;
  readonly deleted: boolean;
}

const noTarget: CallTarget = { kind: "none", name: null, deleted: false };
/** A PATH_MAX of the kernel's. */
const NAME_CHARACTERS_MAX = 4096;
/** Which argument is the descriptor that the call is about, where it is not the first. */
const descriptorArguments: ReadonlyMap<string, number> = new Map([
  ["mmap", 5],
  ["sendfile", 2],
]);

/** The descriptor that the call is about, where -y named it. */
export function callTarget({ syscall, args }: StraceCall): CallTarget {
  // The folder that a path starts from is not what a call by path is about.
  if (/at2?$|^statx$/.test(syscall) || !takesDescriptor(syscall)) return noTarget;
  const argument = args[(descriptorArguments.get(syscall) ?? 1) - 1] ?? "";
  const named = /^\d{1,10}<(.*?)>(\(deleted\))?$/s.exec(argument);
  if (named === null) return noTarget;
  const [, whole = "", mark] = named;
  // -yy adds what kind of device it is.
  const device = /^(.*)<(char|block) [\d:]+>$/s.exec(whole);
  const raw = unescapeStrace(device?.[1] ?? whole).slice(0, NAME_CHARACTERS_MAX);
  const deleted = mark !== undefined || raw.endsWith(" (deleted)");
  const name = decodeByteString(raw.replace(/ \(deleted\)$/, ""));
  return { kind: kindOf(name, syscall, device?.[2]), name, deleted };
}

function takesDescriptor(syscall: string): boolean {
  return syscallsOfClass("desc").has(syscall) || syscallsOfClass("network").has(syscall);
}

/** What strace calls descriptors that are no files, by how it begins. */
const kindsByBeginning: readonly (readonly [string, DescriptorKind])[] = [
  ["pipe:", "pipe"],
  ["TCP", "tcp"],
  ["UDP", "udp"],
  ["UNIX", "unix"],
  ["socket:", "socket"],
  ["NETLINK", "socket"],
  ["/memfd:", "memfd"],
  ["/dev/pts/", "terminal"],
  ["/dev/tty", "terminal"],
  ["/dev/", "char"],
  ["anon_inode:[eventfd", "eventfd"],
  ["anon_inode:[timerfd", "timerfd"],
  ["anon_inode:[signalfd", "signalfd"],
  ["anon_inode:[eventpoll", "epoll"],
  ["anon_inode:[io_uring", "io_uring"],
];

function kindOf(name: string, syscall: string, device: string | undefined): DescriptorKind {
  const begun = kindsByBeginning.find(([beginning]) => name.startsWith(beginning))?.[1];
  if (device === "block") return "block";
  if (begun !== undefined) return begun;
  if (device === "char") return "char";
  if (!name.startsWith("/")) return "anonymous";
  return syscall.startsWith("getdents") ? "directory" : "file";
}

const waitingCalls = new Set(
  (
    "nanosleep clock_nanosleep pause poll ppoll select pselect6 epoll_wait epoll_pwait epoll_pwait2 " +
    "wait4 waitid vfork rt_sigtimedwait rt_sigsuspend flock semop semtimedop msgrcv " +
    "mq_timedreceive accept accept4 connect io_getevents futex_wait futex_waitv"
  ).split(" "),
);
const waitingKinds = new Set<DescriptorKind>([
  ...(["pipe", "fifo", "unix", "tcp", "udp", "socket"] as const),
  ...(["terminal", "eventfd", "timerfd", "signalfd"] as const),
]);

/** The same of a call of which the name alone is known. */
export function mostlyWaits(syscall: string): boolean {
  return syscall === "futex" || waitingCalls.has(syscall);
}

/** Whether a call of this kind spends its time waiting: a log does not say which part of it. */
export function waitsByNature({ syscall, args }: StraceCall, kind: DescriptorKind): boolean {
  if (syscall === "futex") return /WAIT|LOCK_PI/.test(args[1] ?? "");
  if (mostlyWaits(syscall)) return true;
  return /^(?:read|recv)/.test(syscall) && waitingKinds.has(kind);
}
