/* trace-attach.c: takes hold of running threads. */
#define _GNU_SOURCE
#include "trace-attach.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <unistd.h>

/* No PTRACE_O_EXITKILL: when we are killed the kernel lets go, and the target runs on. */
#define OPTIONS                                                                                   \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
	 PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT)

int trace_attach_thread(pid_t tid)
{
	if (ptrace(PTRACE_SEIZE, tid, NULL, (void *)(uintptr_t)OPTIONS))
		return -errno;
	return ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) ? -errno : 0;
}

/* Why a thread could not be seized that should have been. Those that have ended since, and those
 * that are followed already because the thread that started them is, are refused too: 0. */
static int trace_attach_refusal(pid_t tid, int error)
{
	struct task_identity identity;

	if (error == -ESRCH)
		return 0;
	if (error == -EPERM &&
	    (task_read_identity(tid, &identity) || identity.has_ended ||
	     identity.tracer == gettid()))
		return 0;
	return error;
}

/* One pass over the process's threads. Returns how many were new, or -errno. */
static int trace_attach_pass(DIR *tasks, struct tracee *(*adopt)(pid_t tid, bool is_new))
{
	const struct dirent *entry;
	int found = 0;

	rewinddir(tasks);
	while ((entry = readdir(tasks))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
		struct tracee *tracee;
		int error, nr;

		if (tid <= 0 || tracee_find(tid))
			continue;
		nr = task_read_call(tid);
		error = trace_attach_thread(tid);
		if (!error) {
			found++;
			tracee = adopt(tid, false);
			if (tracee)
				tracee->interrupted_nr = nr;
			continue;
		}
		error = trace_attach_refusal(tid, error);
		if (error)
			return error;
	}
	return found;
}

int trace_attach_process(pid_t pid, struct tracee *(*adopt)(pid_t tid, bool is_new))
{
	char path[64];
	DIR *tasks;
	int found, total = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	if (!tasks)
		return errno == ENOENT ? -ESRCH : -errno;
	do {
		found = trace_attach_pass(tasks, adopt);
		if (found > 0)
			total += found;
	} while (found > 0);
	closedir(tasks);
	if (found < 0)
		return found;
	return total ? 0 : -ESRCH;
}
