/* crossings.c: programs whose system calls the tests know by heart: crossings WHAT [NUMBER...] */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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

/* COUNT processes make CALLS calls each, at the same time. */
static int run_processes(int count)
{
	int status, failed = 0;

	for (int i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return 3;
		if (!pid) {
			call_getpid(NULL);
			_exit(0);
		}
	}
	for (int i = 0; i < count; i++)
		failed += wait(&status) < 0 || status;
	return failed ? 1 : 0;
}

static int batons[2];

static void *call_in_turn(void *context)
{
	char baton;

	if (read(batons[0], &baton, 1) != 1)
		return NULL;
	call_getpid(NULL);
	if (write(batons[1], &baton, 1) != 1)
		abort();
	return context;
}

/*
 * THREADS threads live at the same time and make CALLS calls each, one after another, for a baton
 * goes round: what they call, but for futex, does not depend on who is faster.
 */
static int run_team(int threads)
{
	pthread_attr_t attributes;
	pthread_t ids[4096];

	if (threads > 4096 || pipe(batons) || pthread_attr_init(&attributes) ||
	    pthread_attr_setstacksize(&attributes, 65536))
		return 2;
	for (int i = 0; i < threads; i++)
		if (pthread_create(&ids[i], &attributes, call_in_turn, NULL))
			return 3;
	if (write(batons[1], "x", 1) != 1)
		return 3;
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	return 0;
}

/* Calls getppid until it is killed. */
static int run_hammer(void)
{
	while (syscall(SYS_getppid) >= 0)
		;
	return 1;
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
	if (!strcmp(what, "processes"))
		return run_processes(argc > 3 ? atoi(argv[3]) : 1);
	if (!strcmp(what, "team"))
		return run_team(argc > 3 ? atoi(argv[3]) : 1);
	if (!strcmp(what, "hammer"))
		return run_hammer();
	if (!strcmp(what, "busy"))
		return run_busy();
	if (!strcmp(what, "exec"))
		return run_exec();
	return 2;
}
