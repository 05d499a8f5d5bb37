/* trace-loop.c: follows the target and its descendants from stop to stop. */
#define _GNU_SOURCE
#include "trace-loop.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "accounting.h"
#include "clock.h"
#include "control.h"
#include "crossing.h"
#include "milestone.h"
#include "process-entry.h"
#include "trace-attach.h"

#define SYSCALL_STOP (SIGTRAP | 0x80)

static struct {
	struct trace_result *result;
	/* 0 when attached: signals and the end of a single process mean nothing then. */
	pid_t target;
} loop;

static void loop_continue(pid_t tid, int request, int signal)
{
	/* ESRCH: killed meanwhile, and its end will be reported. */
	(void)ptrace((enum __ptrace_request)request, tid, NULL, (void *)(intptr_t)signal);
}

static void loop_begin_entry(struct process *process, pid_t tid)
{
	struct task_identity identity;
	char exe[PATH_MAX];
	bool has_exe;

	(void)task_read_identity(tid, &identity);
	has_exe = task_read_exe(tid, exe, sizeof(exe)) >= 0;
	process->entry = process_entry_begin(&identity, process->tgid, has_exe ? exe : NULL);
}

/* A thread that we see for the first time: NULL when it has gone, or there is no room for it. */
static struct tracee *loop_adopt(pid_t tid, bool is_new)
{
	struct task_identity identity;
	struct account from = {.at = clock_now()};
	struct tracee *tracee;

	/* Nobody traces what has ended: it may do so before we hear of the fork that made it. */
	if (task_read_identity(tid, &identity) || !identity.tracer)
		return NULL;
	tracee = tracee_add(tid, identity.tgid);
	if (!tracee) {
		/* Fails before the thread's first stop, which brings us here again. */
		if (!ptrace(PTRACE_DETACH, tid, NULL, NULL))
			loop.result->untraced++;
		return NULL;
	}
	/* The held target counts from its execve on. */
	if (loop.target && !loop.result->has_started)
		return tracee;
	if (tracee->process->threads == 1)
		loop_begin_entry(tracee->process, tid);
	if (!is_new)
		accounting_read(tracee, &from);
	accounting_begin(tracee, &from);
	return tracee;
}

static void loop_announce(pid_t pid)
{
	loop.result->has_started = true;
	milestone_started(pid);
}

/* The execve came from another thread, which now is the leader; the old leader is no more. */
static void loop_take_over(struct tracee *leader, pid_t former)
{
	struct tracee *from = tracee_find(former);

	if (!from)
		return;
	if (!leader->has_ended && leader->is_counted) {
		/* Its files in /proc are the new leader's already. */
		struct account last = leader->since;

		last.at = clock_now();
		last.toll = leader->toll;
		accounting_add(leader, &last);
	}
	tracee_move(from, leader);
	tracee_remove(from);
}

static void loop_exec(struct tracee *tracee)
{
	unsigned long former = (unsigned long)tracee->tid;

	(void)ptrace(PTRACE_GETEVENTMSG, tracee->tid, NULL, &former);
	if ((pid_t)former != tracee->tid)
		loop_take_over(tracee, (pid_t)former);
	/* No entry was seen: attached in the middle of it. */
	if (tracee->before_exec.at < tracee->since.at)
		accounting_read(tracee, &tracee->before_exec);
	if (tracee->is_counted)
		accounting_add(tracee, &tracee->before_exec);
	loop_begin_entry(tracee->process, tracee->tid);
	accounting_begin(tracee, &tracee->before_exec);
	if (loop.result->has_started)
		return;
	loop.result->started_at = tracee->since.at;
	loop.result->before = tracee->since.counters;
	loop_announce(tracee->tid);
}

/* The new thread is known from now on, whenever its own first stop comes. */
static void loop_fork(const struct tracee *tracee)
{
	unsigned long tid = 0;

	if (!ptrace(PTRACE_GETEVENTMSG, tracee->tid, NULL, &tid) && tid && !tracee_find((pid_t)tid))
		(void)loop_adopt((pid_t)tid, true);
}

static bool loop_is_forking(int event)
{
	return event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
		event == PTRACE_EVENT_CLONE;
}

static bool loop_is_stopping(int signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

static void loop_stopped(pid_t tid, int status, uint64_t at)
{
	struct tracee *tracee = tracee_find(tid);
	int signal = WSTOPSIG(status);
	int event = status >> 16;

	if (!tracee)
		tracee = loop_adopt(tid, true);
	if (!tracee) {
		loop_continue(tid, PTRACE_CONT, 0);
		return;
	}
	tracee->toll.stops++;
	if (signal == SYSCALL_STOP) {
		crossing_stop(tracee, at);
		loop_continue(tid, PTRACE_SYSCALL, 0);
	} else if (event == PTRACE_EVENT_STOP && loop_is_stopping(signal)) {
		/* It stays stopped, as without us, until a SIGCONT. */
		loop_continue(tid, PTRACE_LISTEN, 0);
	} else if (event == PTRACE_EVENT_EXIT) {
		accounting_end(tracee);
		loop_continue(tid, PTRACE_CONT, 0);
	} else {
		if (event == PTRACE_EVENT_EXEC)
			loop_exec(tracee);
		else if (loop_is_forking(event))
			loop_fork(tracee);
		/* Without an event it is a signal on its way to the thread. */
		loop_continue(tid, PTRACE_SYSCALL, event ? 0 : signal);
	}
}

static void loop_ended(pid_t tid, int status)
{
	struct tracee *tracee = tracee_find(tid);

	if (tracee) {
		accounting_end(tracee);
		tracee_remove(tracee);
	}
	if (tid == loop.target) {
		loop.result->has_ended = true;
		loop.result->status = status;
	}
}

/* Whether to go on. */
static bool loop_obey(void)
{
	if (!control_is_pending())
		return true;
	switch (control_read(loop.target)) {
	case CONTROL_QUIT:
		return false;
	case CONTROL_PARENT_GONE:
		loop.result->is_abandoned = true;
		return false;
	default:
		return true;
	}
}

static void loop_run(void)
{
	while (!loop.result->has_ended && loop_obey()) {
		int status;
		pid_t tid = waitpid(-1, &status, __WALL);

		if (tid < 0 && errno == EINTR)
			continue;
		/* ECHILD: nothing is left to trace. */
		if (tid < 0)
			break;
		if (WIFSTOPPED(status))
			loop_stopped(tid, status, clock_now());
		else
			loop_ended(tid, status);
	}
	if (loop.result->has_started)
		loop.result->elapsed = clock_now() - loop.result->started_at;
	loop.result->running = tracee_running();
	tracee_each(accounting_close);
}

static void loop_fail(int error, const char *what, pid_t pid)
{
	loop.result->error = error;
	(void)snprintf(loop.result->what, sizeof(loop.result->what), "%s %d", what, pid);
}

void trace_run(struct launch *launch, struct trace_result *result)
{
	int error = trace_attach_thread(launch->pid);
	int status;

	loop.result = result;
	loop.target = launch->pid;
	if (error) {
		loop_fail(error, "PTRACE_SEIZE", launch->pid);
		return;
	}
	/* The stop we asked for: from it on we see every call, the execve first. */
	while (waitpid(launch->pid, &status, __WALL) < 0 && errno == EINTR)
		;
	if (WIFSTOPPED(status))
		loop_stopped(launch->pid, status, clock_now());
	else
		loop_ended(launch->pid, status);
	(void)launch_go(launch);
	loop_run();
}

void trace_attach(const pid_t *pids, size_t n, struct trace_result *result)
{
	loop.result = result;
	loop.target = 0;
	for (size_t i = 0; i < n; i++) {
		int error = trace_attach_process(pids[i], loop_adopt);

		if (error) {
			loop_fail(error, "PTRACE_SEIZE", pids[i]);
			return;
		}
	}
	loop.result->started_at = clock_now();
	loop_announce(pids[0]);
	loop_run();
}
