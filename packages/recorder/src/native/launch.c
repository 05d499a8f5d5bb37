/* launch.c: starts the target and holds it just before its execve. */
#define _GNU_SOURCE
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "identity.h"
#include "path-search.h"

/* What the child reports: 0 once it is held, then the errno of its execve if that fails. */
struct report {
	int step;
	int error;
};

enum { STEP_HELD, STEP_IDENTITY, STEP_EXEC };

/* How signals stood when this program was started: the target must find them so. */
static struct {
	sigset_t mask;
	bool ignored[_NSIG];
} at_start;

/* Runs before main(), so that no handler of ours can come first. */
__attribute__((constructor)) static void launch_remember_signals(void)
{
	(void)sigprocmask(SIG_SETMASK, NULL, &at_start.mask);
	for (int n = 1; n < _NSIG; n++) {
		struct sigaction action;

		at_start.ignored[n] = !sigaction(n, NULL, &action) && action.sa_handler == SIG_IGN;
	}
}

static void launch_restore_signals(void)
{
	for (int n = 1; n < _NSIG; n++) {
		struct sigaction action = {
			.sa_handler = at_start.ignored[n] ? SIG_IGN : SIG_DFL,
		};

		(void)sigaction(n, &action, NULL);
	}
	(void)sigprocmask(SIG_SETMASK, &at_start.mask, NULL);
}

static void launch_report(int fd, int step, int error)
{
	struct report report = {.step = step, .error = error};

	while (write(fd, &report, sizeof(report)) < 0 && errno == EINTR)
		;
}

/* Ends at the byte, or at end of file: then the recorder is dead and the target runs unrecorded. */
static void launch_hold(int fd)
{
	char byte;

	while (read(fd, &byte, 1) < 0 && errno == EINTR)
		;
}

/* Whoever reads our reports may be killed before we have written one. */
static void launch_ignore_broken_pipe(void)
{
	sigset_t broken_pipe;

	/* While it is blocked it would be kept, to be delivered when it is no longer ignored. */
	(void)signal(SIGPIPE, SIG_IGN);
	sigemptyset(&broken_pipe);
	sigaddset(&broken_pipe, SIGPIPE);
	(void)sigprocmask(SIG_UNBLOCK, &broken_pipe, NULL);
}

__attribute__((noreturn)) static void launch_child(int go, int report, char *const argv[])
{
	int error;

	launch_ignore_broken_pipe();
	error = identity_become_user();
	if (error) {
		launch_report(report, STEP_IDENTITY, -error);
		_exit(125);
	}
	launch_report(report, STEP_HELD, 0);
	launch_hold(go);
	/* Those that came meanwhile are delivered now. */
	launch_restore_signals();
	error = path_search_exec(argv);
	launch_report(report, STEP_EXEC, -error);
	_exit(error == -ENOENT || error == -ENOTDIR ? 127 : 126);
}

/* Returns 0 and fills in `report`, or -EPIPE when the child has closed its end without a word. */
static int launch_read_report(int fd, struct report *report)
{
	ssize_t n;

	do {
		n = read(fd, report, sizeof(*report));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == (ssize_t)sizeof(*report) ? 0 : -EPIPE;
}

static int launch_await_hold(struct launch *launch)
{
	struct report report = {0};
	int error = launch_read_report(launch->report, &report);

	if (!error && report.step == STEP_HELD)
		return 0;
	launch->what = error ? "fork" : "identity";
	close(launch->go);
	close(launch->report);
	while (waitpid(launch->pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	launch->pid = 0;
	return error ? error : -report.error;
}

int launch_held(struct launch *launch, char *const argv[])
{
	int go[2], report[2], error;
	sigset_t all, before;

	launch->pid = 0;
	launch->what = "pipe";
	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(report, O_CLOEXEC)) {
		error = -errno;
		close(go[0]);
		close(go[1]);
		return error;
	}
	/* No handler of ours may run in the child, which unblocks them before its execve. */
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	launch->what = "fork";
	launch->pid = fork();
	error = launch->pid < 0 ? -errno : 0;
	if (!launch->pid) {
		close(go[1]);
		close(report[0]);
		launch_child(go[0], report[1], argv);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	close(go[0]);
	close(report[1]);
	launch->go = go[1];
	launch->report = report[0];
	if (!error)
		return launch_await_hold(launch);
	launch->pid = 0;
	close(launch->go);
	close(launch->report);
	return error;
}

int launch_go(struct launch *launch)
{
	ssize_t n;
	int error;

	do {
		n = write(launch->go, "g", 1);
	} while (n < 0 && errno == EINTR);
	error = n < 0 ? -errno : 0;
	close(launch->go);
	launch->go = -1;
	return error;
}

int launch_outcome(struct launch *launch)
{
	struct report report = {0};
	int error = launch_read_report(launch->report, &report);

	close(launch->report);
	launch->report = -1;
	/* Closed without a word: the execve did it, or a signal ended the child before. */
	if (error == -EPIPE)
		return 0;
	return error ? error : -report.error;
}

int launch_release(struct launch *launch)
{
	int error = launch_go(launch);
	int outcome = launch_outcome(launch);

	/* EPIPE on the way: the child had been killed while held, and its end is still to be read.
	 */
	return error && error != -EPIPE ? error : outcome;
}

int launch_die_with_parent(pid_t expected_parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		return -errno;
	return getppid() == expected_parent ? 0 : -ESRCH;
}
