/* watcher: the process that watches this one's calls, by ptrace or by seccomp notification. */
#define _GNU_SOURCE 1
#include "watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef PR_SET_PTRACER
#define PR_SET_PTRACER 0x59616d61
#define PR_SET_PTRACER_ANY (~0ul)
#endif

/* Far more than any machine needs to start a process. */
#define WAIT_NS 2000000000u
#define NAP_NS 50000

void watcher_saw(struct monitor_shared *shared, uint64_t number)
{
	struct rusage usage;

	__atomic_store_n(&shared->seen, shared->seen + 1, __ATOMIC_RELAXED);
	/* Asking for one's switches asks for the watcher's too. */
	if (number == SYS_getrusage && getrusage(RUSAGE_SELF, &usage) == 0)
		shared->watcher_switches = (uint64_t)usage.ru_nvcsw + (uint64_t)usage.ru_nivcsw;
}

static int watcher_pin(unsigned int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one) < 0 ? -errno : 0;
}

/* Whoever reads our output waits for its end, not for the watcher's. */
static void watcher_let_go_of_output(void)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; nothing >= 0 && fd <= 2; fd++)
		dup2(nothing, fd);
}

static void watcher_run(struct monitor_shared *shared, enum monitor_kind kind, unsigned int cpu,
			pid_t target)
{
	int error;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != target)
		_exit(1);
	watcher_let_go_of_output();
	error = watcher_pin(cpu);
	if (!error && kind == MONITOR_NOTIFY)
		error = watcher_answer(shared, target);
	else if (!error)
		error = watcher_trace(shared, target, kind == MONITOR_PTRACE_SECCOMP);
	if (error)
		__atomic_store_n(&shared->state, error, __ATOMIC_RELEASE);
	/* Its next call would wait for an answer that nobody gives. */
	if (error && kind == MONITOR_NOTIFY)
		kill(target, SIGKILL);
	_exit(error ? 1 : 0);
}

int watcher_start(struct monitor_shared *shared, enum monitor_kind kind, unsigned int cpu)
{
	pid_t target = getpid();
	pid_t child;

	/*
	 * Yama's mode 1 lets only parents trace; elsewhere this is refused and not needed. Any, as
	 * the child's number is known too late; the user's other processes, which may trace most
	 * things of his anyway, can trace this one.
	 */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	child = fork();
	if (child < 0)
		return -errno;
	if (child == 0)
		watcher_run(shared, kind, cpu, target);
	return 0;
}

int watcher_wait(const struct monitor_shared *shared)
{
	struct timespec nap = {.tv_nsec = NAP_NS};

	for (unsigned int naps = 0; naps < WAIT_NS / NAP_NS; naps++) {
		int32_t state = __atomic_load_n(&shared->state, __ATOMIC_ACQUIRE);

		if (state)
			return state > 0 ? 0 : state;
		/* Not spinning: the watcher may need this very CPU. */
		nanosleep(&nap, NULL);
	}
	return -ETIMEDOUT;
}
