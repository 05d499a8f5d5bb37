/* watcher-trace: watches by ptrace, from stop to stop, and reads each call's number as strace does.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "watcher.h"

#define SYSCALL_STOP (SIGTRAP | 0x80)
#define OPTIONS                                                                                   \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
	 PTRACE_O_TRACEEXEC)

/* Not the C library's ptrace, whose header and the kernel's exclude each other. */
static long trace_request(int request, pid_t thread, uintptr_t address, uintptr_t data)
{
	return syscall(SYS_ptrace, request, thread, address, data);
}

/* A stop of a call: counted at its entry; one at its exit is looked at too, for the result. */
static void trace_look(struct monitor_shared *shared, pid_t thread)
{
	struct ptrace_syscall_info info;
	long bytes = trace_request(PTRACE_GET_SYSCALL_INFO, thread, sizeof(info), (uintptr_t)&info);

	if (bytes < (long)offsetof(struct ptrace_syscall_info, entry.args))
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		watcher_saw(shared, info.entry.nr);
	else if (info.op == PTRACE_SYSCALL_INFO_SECCOMP)
		watcher_saw(shared, info.seccomp.nr);
}

/* Says how to go on: which request, and with which signal. */
static int trace_stop(struct monitor_shared *shared, pid_t thread, int status, int usual,
		      int *signal_number)
{
	int event = status >> 16;
	int number = WSTOPSIG(status);

	*signal_number = 0;
	if (number == SYSCALL_STOP || event == PTRACE_EVENT_SECCOMP) {
		trace_look(shared, thread);
	} else if (event == PTRACE_EVENT_STOP) {
		/* A group stop lasts until SIGCONT; any other is ours or a new child's first. */
		if (number == SIGSTOP || number == SIGTSTP || number == SIGTTIN ||
		    number == SIGTTOU)
			return PTRACE_LISTEN;
	} else if (!event) {
		*signal_number = number;
	}
	return usual;
}

int watcher_trace(struct monitor_shared *shared, pid_t target, bool is_by_filter)
{
	int usual = is_by_filter ? PTRACE_CONT : PTRACE_SYSCALL;
	uintptr_t options = OPTIONS | (is_by_filter ? PTRACE_O_TRACESECCOMP : 0);

	if (trace_request(PTRACE_SEIZE, target, 0, options) < 0)
		return -errno;
	/* Only one that stands can be told to stop at its calls. */
	if (trace_request(PTRACE_INTERRUPT, target, 0, 0) < 0)
		return -errno;
	for (;;) {
		int status;
		int signal_number;
		int request;
		pid_t thread = waitpid(-1, &status, __WALL);

		if (thread < 0)
			return errno == ECHILD ? 0 : -errno;
		if (!WIFSTOPPED(status))
			continue;
		request = trace_stop(shared, thread, status, usual, &signal_number);
		__atomic_store_n(&shared->state, 1, __ATOMIC_RELEASE);
		/* ESRCH: killed while it stood; waitpid will say so. */
		if (trace_request(request, thread, 0, (uintptr_t)signal_number) < 0 &&
		    errno != ESRCH)
			return -errno;
	}
}
