/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* shape.h: what each system call takes and returns, by number, for both recorders. */
#ifndef CROSSBILL_SHAPE_H
#define CROSSBILL_SHAPE_H

#include <asm/unistd.h>
#include <linux/types.h>
#include <stdbool.h>

/* No call moves more at once, whatever it asks for (MAX_RW_COUNT of the kernel). */
#define SHAPE_ASKED_MAX 0x7ffff000u

/* Numbers above this (x32's, those of a 32-bit process) have no shape. */
#define SHAPES_MAX 512

/* A result that is not an error counts bytes. */
#define SHAPE_BYTES 1
/* The bytes are at the file's own position, which moves past them. */
#define SHAPE_POSITION 2
/* The result is a new descriptor. With `fd` too, the descriptor given stands for the call. */
#define SHAPE_OPENS 4
/* What was asked for is in an array of pieces (iovec, msghdr) and not read: it asked for what
 * it moved. */
#define SHAPE_VECTOR 8

/* Sends a signal, perhaps to the caller itself: it may be killed before it is back. */
#define SHAPE_SIGNALS 16

/* Asks what is ready: 0 says that nothing is. */
#define SHAPE_READINESS 32

/* Names a path: in the first argument, or after a folder's descriptor in the second. */
#define SHAPE_PATH 64
#define SHAPE_PATH_SECOND 128

/*
 * Arguments are given as index + 1, 0 means none. Calls with a folder's descriptor and a path
 * (openat, newfstatat, unlinkat...) have no `fd`: it is AT_FDCWD or says little about what is paid
 * for. Offsets behind a pointer (sendfile, splice, copy_file_range) are not read.
 */
struct shape {
	__u8 fd;
	__u8 flags;
	__u8 size;
	__u8 offset;
} __attribute__((aligned(4))); /* so that a program in the kernel reads it at once */

/* Reads or writes at a position: what sequences are made of, beside lseek. */
static inline __attribute__((always_inline)) bool shape_moves_at_position(const struct shape *shape)
{
	return shape->offset || (shape->flags & SHAPE_POSITION);
}

static const struct shape shapes[SHAPES_MAX] = {
	/* Signals. */
	[__NR_kill] = {.flags = SHAPE_SIGNALS},
	[__NR_tkill] = {.flags = SHAPE_SIGNALS},
	[__NR_tgkill] = {.flags = SHAPE_SIGNALS},
/* Names without a descriptor. */
#ifdef __NR_stat
	[__NR_stat] = {.flags = SHAPE_PATH},
	[__NR_lstat] = {.flags = SHAPE_PATH},
	[__NR_access] = {.flags = SHAPE_PATH},
	[__NR_unlink] = {.flags = SHAPE_PATH},
	[__NR_mkdir] = {.flags = SHAPE_PATH},
	[__NR_rmdir] = {.flags = SHAPE_PATH},
	[__NR_chmod] = {.flags = SHAPE_PATH},
	[__NR_chown] = {.flags = SHAPE_PATH},
	[__NR_lchown] = {.flags = SHAPE_PATH},
#endif
	[__NR_newfstatat] = {.flags = SHAPE_PATH_SECOND},
	[__NR_statx] = {.flags = SHAPE_PATH_SECOND},
	[__NR_faccessat] = {.flags = SHAPE_PATH_SECOND},
#ifdef __NR_faccessat2
	[__NR_faccessat2] = {.flags = SHAPE_PATH_SECOND},
#endif
	[__NR_unlinkat] = {.flags = SHAPE_PATH_SECOND},
	[__NR_mkdirat] = {.flags = SHAPE_PATH_SECOND},
	[__NR_fchmodat] = {.flags = SHAPE_PATH_SECOND},
	[__NR_fchownat] = {.flags = SHAPE_PATH_SECOND},
	[__NR_utimensat] = {.flags = SHAPE_PATH_SECOND},
	[__NR_statfs] = {.flags = SHAPE_PATH},
	[__NR_chdir] = {.flags = SHAPE_PATH},
/* Readiness of a list of descriptors; epoll's calls, which take one, are below. */
#ifdef __NR_poll
	[__NR_poll] = {.flags = SHAPE_READINESS},
#endif
	[__NR_ppoll] = {.flags = SHAPE_READINESS},
#ifdef __NR_select
	[__NR_select] = {.flags = SHAPE_READINESS},
#endif
	[__NR_pselect6] = {.flags = SHAPE_READINESS},
	/* Data at the file's own position. */
	[__NR_read] = {.fd = 1, .flags = SHAPE_BYTES | SHAPE_POSITION, .size = 3},
	[__NR_write] = {.fd = 1, .flags = SHAPE_BYTES | SHAPE_POSITION, .size = 3},
	[__NR_readv] = {.fd = 1, .flags = SHAPE_BYTES | SHAPE_POSITION | SHAPE_VECTOR},
	[__NR_writev] = {.fd = 1, .flags = SHAPE_BYTES | SHAPE_POSITION | SHAPE_VECTOR},
	/* Data at a position given by the caller. */
	[__NR_pread64] = {.fd = 1, .flags = SHAPE_BYTES, .size = 3, .offset = 4},
	[__NR_pwrite64] = {.fd = 1, .flags = SHAPE_BYTES, .size = 3, .offset = 4},
	[__NR_preadv] = {.fd = 1, .flags = SHAPE_BYTES | SHAPE_VECTOR, .offset = 4},
	[__NR_pwritev] = {.fd = 1, .flags = SHAPE_BYTES | SHAPE_VECTOR, .offset = 4},
	[__NR_preadv2] = {.fd = 1, .flags = SHAPE_BYTES | SHAPE_VECTOR, .offset = 4},
	[__NR_pwritev2] = {.fd = 1, .flags = SHAPE_BYTES | SHAPE_VECTOR, .offset = 4},
	/* Data between two descriptors: the one read from stands for the call. */
	[__NR_sendfile] = {.fd = 2, .flags = SHAPE_BYTES, .size = 4},
	[__NR_splice] = {.fd = 1, .flags = SHAPE_BYTES, .size = 5},
	[__NR_tee] = {.fd = 1, .flags = SHAPE_BYTES, .size = 3},
	[__NR_copy_file_range] = {.fd = 1, .flags = SHAPE_BYTES, .size = 5},
	[__NR_vmsplice] = {.fd = 1, .flags = SHAPE_BYTES | SHAPE_VECTOR},
	/* Sockets and message queues. */
	[__NR_sendto] = {.fd = 1, .flags = SHAPE_BYTES, .size = 3},
	[__NR_recvfrom] = {.fd = 1, .flags = SHAPE_BYTES, .size = 3},
	[__NR_sendmsg] = {.fd = 1, .flags = SHAPE_BYTES | SHAPE_VECTOR},
	[__NR_recvmsg] = {.fd = 1, .flags = SHAPE_BYTES | SHAPE_VECTOR},
	[__NR_sendmmsg] = {.fd = 1},
	[__NR_recvmmsg] = {.fd = 1},
	[__NR_connect] = {.fd = 1},
	[__NR_bind] = {.fd = 1},
	[__NR_listen] = {.fd = 1},
	[__NR_shutdown] = {.fd = 1},
	[__NR_getsockopt] = {.fd = 1},
	[__NR_setsockopt] = {.fd = 1},
	[__NR_getsockname] = {.fd = 1},
	[__NR_getpeername] = {.fd = 1},
	[__NR_accept] = {.fd = 1, .flags = SHAPE_OPENS},
	[__NR_accept4] = {.fd = 1, .flags = SHAPE_OPENS},
	[__NR_socket] = {.flags = SHAPE_OPENS},
	[__NR_mq_open] = {.flags = SHAPE_OPENS},
	[__NR_mq_timedsend] = {.fd = 1},
	[__NR_mq_timedreceive] = {.fd = 1, .flags = SHAPE_BYTES, .size = 3},
	[__NR_mq_notify] = {.fd = 1},
	[__NR_mq_getsetattr] = {.fd = 1},
	[__NR_msgrcv] = {.flags = SHAPE_BYTES, .size = 3},
	/* Bytes of names, attributes, other processes and random numbers. */
	[__NR_getdents64] = {.fd = 1, .flags = SHAPE_BYTES, .size = 3},
#ifdef __NR_getdents
	[__NR_getdents] = {.fd = 1, .flags = SHAPE_BYTES, .size = 3},
#endif
#ifdef __NR_readlink
	[__NR_readlink] = {.flags = SHAPE_BYTES | SHAPE_PATH, .size = 3},
#endif
	[__NR_readlinkat] = {.flags = SHAPE_BYTES | SHAPE_PATH_SECOND, .size = 4},
	[__NR_getcwd] = {.flags = SHAPE_BYTES, .size = 2},
	[__NR_getxattr] = {.flags = SHAPE_BYTES | SHAPE_PATH, .size = 4},
	[__NR_lgetxattr] = {.flags = SHAPE_BYTES | SHAPE_PATH, .size = 4},
	[__NR_fgetxattr] = {.fd = 1, .flags = SHAPE_BYTES, .size = 4},
	[__NR_listxattr] = {.flags = SHAPE_BYTES, .size = 3},
	[__NR_llistxattr] = {.flags = SHAPE_BYTES, .size = 3},
	[__NR_flistxattr] = {.fd = 1, .flags = SHAPE_BYTES, .size = 3},
	[__NR_fsetxattr] = {.fd = 1},
	[__NR_fremovexattr] = {.fd = 1},
	[__NR_getrandom] = {.flags = SHAPE_BYTES, .size = 2},
	[__NR_process_vm_readv] = {.flags = SHAPE_BYTES | SHAPE_VECTOR},
	[__NR_process_vm_writev] = {.flags = SHAPE_BYTES | SHAPE_VECTOR},
/* New descriptors. */
#ifdef __NR_open
	[__NR_open] = {.flags = SHAPE_OPENS | SHAPE_PATH},
#endif
	[__NR_openat] = {.flags = SHAPE_OPENS | SHAPE_PATH_SECOND},
#ifdef __NR_openat2
	[__NR_openat2] = {.flags = SHAPE_OPENS | SHAPE_PATH_SECOND},
#endif
#ifdef __NR_creat
	[__NR_creat] = {.flags = SHAPE_OPENS | SHAPE_PATH},
#endif
#ifdef __NR_open_by_handle_at
	[__NR_open_by_handle_at] = {.flags = SHAPE_OPENS},
#endif
	[__NR_memfd_create] = {.flags = SHAPE_OPENS},
#ifdef __NR_memfd_secret
	[__NR_memfd_secret] = {.flags = SHAPE_OPENS},
#endif
#ifdef __NR_epoll_create
	[__NR_epoll_create] = {.flags = SHAPE_OPENS},
#endif
	[__NR_epoll_create1] = {.flags = SHAPE_OPENS},
#ifdef __NR_eventfd
	[__NR_eventfd] = {.flags = SHAPE_OPENS},
#endif
	[__NR_eventfd2] = {.flags = SHAPE_OPENS},
	[__NR_timerfd_create] = {.flags = SHAPE_OPENS},
#ifdef __NR_inotify_init
	[__NR_inotify_init] = {.flags = SHAPE_OPENS},
#endif
	[__NR_inotify_init1] = {.flags = SHAPE_OPENS},
	[__NR_fanotify_init] = {.flags = SHAPE_OPENS},
#ifdef __NR_pidfd_open
	[__NR_pidfd_open] = {.flags = SHAPE_OPENS},
#endif
	[__NR_perf_event_open] = {.flags = SHAPE_OPENS},
	[__NR_userfaultfd] = {.flags = SHAPE_OPENS},
	[__NR_io_uring_setup] = {.flags = SHAPE_OPENS},
#ifdef __NR_open_tree
	[__NR_open_tree] = {.flags = SHAPE_OPENS},
#endif
#ifdef __NR_fsopen
	[__NR_fsopen] = {.flags = SHAPE_OPENS},
#endif
#ifdef __NR_fspick
	[__NR_fspick] = {.flags = SHAPE_OPENS},
#endif
#ifdef __NR_landlock_create_ruleset
	[__NR_landlock_create_ruleset] = {.flags = SHAPE_OPENS},
#endif
#ifdef __NR_signalfd
	[__NR_signalfd] = {.fd = 1, .flags = SHAPE_OPENS},
#endif
	[__NR_signalfd4] = {.fd = 1, .flags = SHAPE_OPENS},
	[__NR_dup] = {.fd = 1, .flags = SHAPE_OPENS},
#ifdef __NR_dup2
	[__NR_dup2] = {.fd = 1, .flags = SHAPE_OPENS},
#endif
	[__NR_dup3] = {.fd = 1, .flags = SHAPE_OPENS},
#ifdef __NR_fsmount
	[__NR_fsmount] = {.fd = 1, .flags = SHAPE_OPENS},
#endif
#ifdef __NR_pidfd_getfd
	[__NR_pidfd_getfd] = {.fd = 1, .flags = SHAPE_OPENS},
#endif
	/* Everything else that is asked of one descriptor. */
	[__NR_close] = {.fd = 1},
	[__NR_fstat] = {.fd = 1},
	[__NR_fstatfs] = {.fd = 1},
	[__NR_fsync] = {.fd = 1},
	[__NR_fdatasync] = {.fd = 1},
	[__NR_sync_file_range] = {.fd = 1},
	[__NR_syncfs] = {.fd = 1},
	[__NR_ftruncate] = {.fd = 1},
	[__NR_fallocate] = {.fd = 1},
	[__NR_fadvise64] = {.fd = 1},
	[__NR_readahead] = {.fd = 1},
	[__NR_lseek] = {.fd = 1},
	[__NR_fcntl] = {.fd = 1},
	[__NR_ioctl] = {.fd = 1},
	[__NR_flock] = {.fd = 1},
	[__NR_fchmod] = {.fd = 1},
	[__NR_fchown] = {.fd = 1},
	[__NR_fchdir] = {.fd = 1},
#ifdef __NR_cachestat
	[__NR_cachestat] = {.fd = 1},
#endif
	[__NR_finit_module] = {.fd = 1},
	[__NR_mmap] = {.fd = 5},
#ifdef __NR_epoll_wait
	[__NR_epoll_wait] = {.fd = 1, .flags = SHAPE_READINESS},
#endif
	[__NR_epoll_pwait] = {.fd = 1, .flags = SHAPE_READINESS},
#ifdef __NR_epoll_pwait2
	[__NR_epoll_pwait2] = {.fd = 1, .flags = SHAPE_READINESS},
#endif
	[__NR_epoll_ctl] = {.fd = 1},
	[__NR_timerfd_settime] = {.fd = 1},
	[__NR_timerfd_gettime] = {.fd = 1},
	[__NR_inotify_add_watch] = {.fd = 1},
	[__NR_inotify_rm_watch] = {.fd = 1},
	[__NR_fanotify_mark] = {.fd = 1},
	[__NR_io_uring_enter] = {.fd = 1},
	[__NR_io_uring_register] = {.fd = 1},
	[__NR_pidfd_send_signal] = {.fd = 1},
	[__NR_setns] = {.fd = 1},
#ifdef __NR_fsconfig
	[__NR_fsconfig] = {.fd = 1},
#endif
#ifdef __NR_landlock_add_rule
	[__NR_landlock_add_rule] = {.fd = 1},
#endif
#ifdef __NR_landlock_restrict_self
	[__NR_landlock_restrict_self] = {.fd = 1},
#endif
#ifdef __NR_process_madvise
	[__NR_process_madvise] = {.fd = 1},
#endif
#ifdef __NR_quotactl_fd
	[__NR_quotactl_fd] = {.fd = 1},
#endif
};

#endif
