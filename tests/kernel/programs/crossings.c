/* crossings.c: programs whose system calls the tests know by heart: crossings WHAT [NUMBER...] */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long calls;
static const char *program;

static void *call_getpid(void *context)
{
	for (long i = 0; i < calls; i++)
		syscall(SYS_getpid);
	return context;
}

/* THREADS threads make CALLS calls each. */
static int run_threads(int threads)
{
	pthread_t ids[4096];

	if (threads > 4096)
		return 2;
	for (int i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, call_getpid, NULL))
			return 3;
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	return 0;
}

/* Every call must succeed, whoever watches and whatever becomes of them: exit 0, else 1. */
static int run_busy(void)
{
	const struct timespec moment = {.tv_nsec = 1000};
	pid_t self = getpid();

	for (long i = 0; i < calls; i++) {
		if (syscall(SYS_getpid) != self)
			return 1;
		if (i % 16 == 0 && nanosleep(&moment, NULL))
			return 1;
	}
	return puts("unharmed") < 0;
}

static void *run_program(void *context)
{
	call_getpid(NULL);
	execl(program, program, "calls", "31", (char *)NULL);
	return context;
}

/* A thread that is not the leader makes CALLS calls and runs this program anew. */
static int run_exec(void)
{
	pthread_t id;

	if (pthread_create(&id, NULL, run_program, NULL))
		return 3;
	pause();
	return 1;
}

int main(int argc, char *argv[])
{
	const char *what = argc > 1 ? argv[1] : "";

	program = argv[0];
	calls = argc > 2 ? atol(argv[2]) : 0;
	if (!strcmp(what, "calls"))
		return call_getpid(NULL) ? 1 : 0;
	if (!strcmp(what, "threads"))
		return run_threads(argc > 3 ? atoi(argv[3]) : 1);
	if (!strcmp(what, "busy"))
		return run_busy();
	if (!strcmp(what, "exec"))
		return run_exec();
	return 2;
}
