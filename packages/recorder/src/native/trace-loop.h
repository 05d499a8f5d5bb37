/* trace-loop.h: follows the target and its descendants from stop to stop. */
#ifndef CROSSBILL_TRACE_LOOP_H
#define CROSSBILL_TRACE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "launch.h"
#include "task-files.h"

struct trace_result {
	/* 0, or -errno: nothing was recorded. */
	int error;
	/* With an error: what could not be done. */
	char what[64];
	/* The target passed its execve, or was attached to. */
	bool has_started;
	/* The parent is gone: nobody will read the rest. */
	bool is_abandoned;
	/* The target has ended, with this status as of wait(2). */
	bool has_ended;
	int status;
	/* The target's counters when it began. */
	struct task_counters before;
	/* By the monotonic clock, and from there to the end, ns. */
	uint64_t started_at;
	uint64_t elapsed;
	/* Processes that run on. */
	uint64_t running;
	/* Threads that found no room in the table. */
	uint64_t untraced;
};

/*
 * Both return when the target has ended or the parent said so. All that is still traced then is
 * let go by the kernel when the calling thread ends: so call them on a thread of their own, which
 * ends next, and no call in progress is disturbed.
 */
void trace_run(struct launch *launch, struct trace_result *result);
void trace_attach(const pid_t *pids, size_t n, struct trace_result *result);

#endif
