/** Wait reason: what a thread waited for inside a call, from the call and its descriptor alone. */
import type { DescriptorKind } from "./recording.ts";

export const waitReasons = ["disk", "network", "pipe", "lock", "timer", "child", "other"] as const;
export type WaitReason = (typeof waitReasons)[number];

const locks =
  "futex futex_wait futex_waitv futex_requeue flock fcntl semop semtimedop " +
  // These meet only other users of the same address space: the lock of its map.
  "mmap munmap mprotect brk mremap madvise mlock munlock pkey_mprotect";
const timers = "nanosleep clock_nanosleep pause";
/** vfork and clone wait for the child to execve or end (CLONE_VFORK). */
const children = "wait4 waitid vfork clone clone3";
const messages = "msgsnd msgrcv mq_timedsend mq_timedreceive";
const disks =
  "fsync fdatasync sync syncfs sync_file_range msync fallocate truncate ftruncate " +
  // Calls by path: what they wait for without the iowait flag is the journal or an inode's lock.
  "stat lstat newfstatat statx access faccessat faccessat2 rename renameat renameat2 unlink unlinkat " +
  "mkdir mkdirat rmdir link linkat symlink symlinkat readlink readlinkat creat execve execveat " +
  "chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utimensat statfs mount umount2";
/** Wait for whichever of many descriptors is ready first. */
const multiplexers =
  "poll ppoll select pselect6 epoll_wait epoll_pwait epoll_pwait2 io_uring_enter";

const bySyscall: ReadonlyMap<string, WaitReason> = new Map([
  ...reasons(locks, "lock"),
  ...reasons(timers, "timer"),
  ...reasons(children, "child"),
  ...reasons(messages, "pipe"),
  ...reasons(disks, "disk"),
  ...reasons(multiplexers, "other"),
]);

const byKind: Readonly<Record<DescriptorKind, WaitReason>> = {
  file: "disk",
  directory: "disk",
  block: "disk",
  pipe: "pipe",
  fifo: "pipe",
  unix: "pipe",
  eventfd: "pipe",
  tcp: "network",
  udp: "network",
  socket: "network",
  timerfd: "timer",
  terminal: "other",
  char: "other",
  signalfd: "other",
  epoll: "other",
  io_uring: "other",
  memfd: "other",
  anonymous: "other",
  none: "other",
  unknown: "other",
};

/**
 * What waiting inside a call was for. `flag` is the kernel's own mark: "io" is set while a thread
 * waits for a block device, whatever the call.
 */
export function waitReason(
  syscall: string,
  kind: DescriptorKind,
  flag: "io" | "other",
): WaitReason {
  if (flag === "io") return "disk";
  return bySyscall.get(syscall) ?? byKind[kind];
}

function reasons(names: string, reason: WaitReason): [string, WaitReason][] {
  return names.split(" ").map((name) => [name, reason]);
}
