/*
 * monitor: what may watch the system calls of a process. It is put upon this process and what it
 * starts, and goes with it: nothing of it outlives the process, whatever ends it.
 */
#ifndef CROSSBILL_MONITOR_H
#define CROSSBILL_MONITOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "parameters.h"

enum monitor_kind {
	MONITOR_NOTHING,
	/* A seccomp filter that asks for the number only: the kernel (5.11) answers from a bitmap.
	 */
	MONITOR_SECCOMP_NUMBER,
	/* One that asks for an argument too, and so runs at each call. */
	MONITOR_SECCOMP_ARGUMENT,
	/* Empty eBPF programs on raw tracepoints: at the exit, or at entry and exit. */
	MONITOR_EBPF_ONE,
	MONITOR_EBPF_PAIR,
	/* A library before the C library. */
	MONITOR_PRELOAD,
	/* Syscall user dispatch: each call becomes a SIGSYS that the process itself handles. */
	MONITOR_DISPATCH,
	/* Another process is asked at each call: seccomp user notification. */
	MONITOR_NOTIFY,
	/* ptrace that stops at the entry only, because a seccomp filter says so. */
	MONITOR_PTRACE_SECCOMP,
	/* ptrace that stops at entry and exit, as strace does. */
	MONITOR_PTRACE,
};

/* In memory that all sides share. */
struct monitor_shared {
	/* Calls that the monitor saw; counted before the call is let go on. */
	uint64_t seen;
	/* Context switches of the watching process, as of this process's last getrusage. */
	uint64_t watcher_switches;
	/* The listener of seccomp notifications, or -1. */
	int32_t listener;
	/* 0: the watcher is not ready; 1: it is; below 0: -errno. */
	int32_t state;
};

#define MONITOR_HOOKS 2

struct monitor {
	enum monitor_kind kind;
	struct monitor_shared *shared;
	int program;
	int hooks[MONITOR_HOOKS];
	/* While it is open the kernel counts runs of eBPF programs; -1: it does not. */
	int statistics;
};

/*
 * Puts the monitor that `under=` names upon this process. `cpus=one` (or nothing) keeps watched and
 * watcher on one CPU, `cpus=two` on two. `is_for_programs`: those that this process will start are
 * watched; else its own calls between monitor_begin and monitor_end. Returns 0 or -errno.
 */
int monitor_open(struct monitor *self, struct parameters *parameters, bool is_for_programs);
void monitor_close(struct monitor *self);

void monitor_begin(struct monitor *self);
void monitor_end(struct monitor *self);

/* It can tell how many calls it saw. */
bool monitor_counts(const struct monitor *self);
uint64_t monitor_seen(const struct monitor *self);

/* Context switches so far, of this process and of the one that watches it. Returns 0 or -errno. */
int monitor_switches(struct monitor *self, uint64_t *count);

#endif
