/* watcher: the process that watches this one's calls, by ptrace or by seccomp notification. */
#ifndef CROSSBILL_WATCHER_H
#define CROSSBILL_WATCHER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "monitor.h"

/*
 * Starts it, on the CPU `cpu`; it ends with this process. It watches from the moment that its state
 * in the shared memory is 1. Returns 0 or -errno.
 */
int watcher_start(struct monitor_shared *shared, enum monitor_kind kind, unsigned int cpu);

/* Waits for that moment. Returns 0 or -errno. */
int watcher_wait(const struct monitor_shared *shared);

/* What the watcher does; both return only when there is nothing left to watch, or with -errno. */
int watcher_trace(struct monitor_shared *shared, pid_t target, bool is_by_filter);
int watcher_answer(struct monitor_shared *shared, pid_t target);

/* To be called before a call is let go on. */
void watcher_saw(struct monitor_shared *shared, uint64_t number);

#endif
