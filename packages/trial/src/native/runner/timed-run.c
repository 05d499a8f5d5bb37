/*
 * timed-run: runs a program once, with its streams in files, and says how long it took and how it
 * ended. Between clock and program is nothing but a fork.
 *
 * crossbill-timed --in FILE --out FILE --err FILE [--set NAME=VALUE]... [--become] -- program...
 *
 * One line on descriptor 3: "ran WALL_NS QUEUE_NS USER_NS SYSTEM_NS EXIT_STATUS SIGNAL" or "failed
 * ERRNO WHAT". With --become the program takes our place, for a recorder, and nothing is said
 * unless it cannot.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RESULT_FD 3

struct timed_run {
	const char *files[3];
	bool becomes;
	char **program;
};

static _Noreturn void timed_run_fail(const char *what)
{
	dprintf(RESULT_FD, "failed %d %s\n", errno, what);
	exit(125);
}

static void timed_run_parse(struct timed_run *run, char *arguments[])
{
	static const char *const names[] = {"--in", "--out", "--err"};

	for (; *arguments && strcmp(*arguments, "--") != 0; arguments++) {
		if (!strcmp(*arguments, "--become"))
			run->becomes = true;
		else if (!strcmp(*arguments, "--set") && arguments[1])
			putenv(*++arguments);
		for (int fd = 0; fd < 3; fd++)
			if (!strcmp(*arguments, names[fd]) && arguments[1]) {
				run->files[fd] = *++arguments;
				break;
			}
	}
	errno = EINVAL;
	if (!*arguments || !arguments[1] || !run->files[0] || !run->files[1] || !run->files[2])
		timed_run_fail("options");
	run->program = arguments + 1;
}

/* The three streams; what they are in files is at their beginning and empty. */
static void timed_run_redirect(const struct timed_run *run)
{
	for (int fd = 0; fd < 3; fd++) {
		int flags = fd == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
		int file = open(run->files[fd], flags | O_CLOEXEC, 0600);

		if (file < 0 || dup2(file, fd) < 0)
			timed_run_fail(run->files[fd]);
		close(file);
	}
}

static _Noreturn void timed_run_become(const struct timed_run *run)
{
	timed_run_redirect(run);
	execvp(run->program[0], run->program);
	timed_run_fail(run->program[0]);
}

static int64_t timed_run_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t timed_run_time(const struct timeval *time)
{
	return (int64_t)time->tv_sec * 1000000000 + time->tv_usec * 1000;
}

/* How long its first thread was ready to run while others ran, ns; of a process not yet reaped. */
static long long timed_run_queue_ns(pid_t child)
{
	long long on_cpu;
	long long queued = 0;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", child);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%lld %lld", &on_cpu, &queued) != 2)
		queued = 0;
	fclose(file);
	return queued;
}

static void timed_run_wait(pid_t child, siginfo_t *ended)
{
	while (waitid(P_PID, (id_t)child, ended, WEXITED | WNOWAIT))
		if (errno != EINTR)
			timed_run_fail("waitid");
}

int main(int count, char *arguments[])
{
	struct timed_run run = {0};
	struct rusage usage;
	siginfo_t ended;
	long long queued;
	int64_t begun;
	int64_t wall;
	int status;
	pid_t child;

	(void)count;
	fcntl(RESULT_FD, F_SETFD, FD_CLOEXEC);
	timed_run_parse(&run, arguments + 1);
	/* A program on trial does not outlive its trial. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (run.becomes) {
		prctl(PR_SET_PDEATHSIG, 0);
		timed_run_become(&run);
	}
	begun = timed_run_ns();
	child = fork();
	if (child < 0)
		timed_run_fail("fork");
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		timed_run_become(&run);
	}
	timed_run_wait(child, &ended);
	wall = timed_run_ns() - begun;
	queued = timed_run_queue_ns(child);
	if (wait4(child, &status, 0, &usage) != child)
		timed_run_fail("wait4");
	dprintf(RESULT_FD, "ran %lld %lld %lld %lld %d %d\n", (long long)wall, queued,
		(long long)timed_run_time(&usage.ru_utime),
		(long long)timed_run_time(&usage.ru_stime),
		WIFEXITED(status) ? WEXITSTATUS(status) : 0,
		WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return 0;
}
