/* live-processes: peers, threads, children, signals and ends, with bytes in a buffer. NAME FILE */
#define _GNU_SOURCE
#include "live-torture.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>

extern char **environ;

/* A peer that answers every byte: held bytes would leave both waiting. */
static void talking(void)
{
	int there[2], back[2];
	pid_t child;

	expect(!pipe(there) && !pipe(back), "pipe");
	child = fork();
	if (!child) {
		char byte;

		close(there[1]);
		while (read(there[0], &byte, 1) == 1) {
			byte++;
			if (write(back[1], &byte, 1) != 1)
				_exit(1);
		}
		_exit(3);
	}
	for (int i = 0; i < 200; i++) {
		struct pollfd ready = {.fd = back[0], .events = POLLIN};
		char byte = (char)('a' + i % 26);

		expect(write(there[1], &byte, 1) == 1, "write");
		if (i % 3 == 0)
			expect(poll(&ready, 1, -1) == 1, "poll");
		expect(read(back[0], &byte, 1) == 1 && byte == 'a' + i % 26 + 1, "answer");
	}
	close(there[1]);
	wait_for(child);
}

static void *answer(void *from)
{
	char byte = 0;

	for (int i = 0; i < 5; i++)
		expect(read(*(int *)from, &byte, 1) == 1, "read");
	return NULL;
}

/* The writer never comes back to us: what it wrote must go out by its age. */
static void aging(void)
{
	static volatile int done;
	pthread_t thread;
	int ends[2];
	int fd = fresh(0);

	expect(!pipe(ends), "pipe");
	fill(fd, 0, 10);
	expect(!pthread_create(&thread, NULL, answer, ends), "thread");
	expect(write(ends[1], "a", 1) == 1 && write(ends[1], "b", 1) == 1, "write");
	expect(write(ends[1], "c", 1) == 1 && write(ends[1], "d", 1) == 1, "write");
	expect(write(ends[1], "e", 1) == 1, "write");
	while (!done)
		done = pthread_tryjoin_np(thread, NULL) == 0;
	say("joined", done);
}

static void *many(void *which)
{
	int fd = *(int *)which;
	char line[4] = {'a', 'b', 'c', '\n'};

	for (int i = 0; i < 2000; i++)
		expect(write(fd, line, 4) == 4, "write");
	return NULL;
}

static void threads(void)
{
	pthread_t all[4];
	int fd = fresh(0);

	for (int i = 0; i < 4; i++)
		expect(!pthread_create(&all[i], NULL, many, &fd), "thread");
	for (int i = 0; i < 4; i++)
		pthread_join(all[i], NULL);
	look("all");
}

/* Parent and child share the offset, in both directions. */
static void forking(void)
{
	int fd = fresh(0);
	pid_t child;
	long taken;

	fill(fd, 0, 200);
	lseek(fd, 0, SEEK_SET);
	fill(1, 0, 9);
	/* Nothing between the last byte and the fork. */
	taken = take(fd, 11);
	child = fork();
	if (!child) {
		say("of parent", taken);
		say("in child", take(fd, 13));
		fill(1, 0, 5);
		_exit(0);
	}
	wait_for(child);
	say("parent again", take(fd, 7));
	fill(fd, 500, 520);
	child = fork();
	if (!child) {
		fill(fd, 600, 610);
		exit(4);
	}
	wait_for(child);
	fill(fd, 700, 710);
	look("whole");
}

static void spawning(void)
{
	char *const head[] = {"head", "-c", "9", NULL};
	posix_spawn_file_actions_t actions;
	int fd = fresh(0);
	pid_t child;

	fill(fd, 0, 200);
	lseek(fd, 0, SEEK_SET);
	say("taken", take(fd, 6));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, 0);
	expect(!posix_spawnp(&child, "head", &actions, NULL, head, environ), "spawn");
	wait_for(child);
	child = vfork();
	if (!child) {
		dup2(fd, 0);
		execlp("head", "head", "-c", "5", (char *)NULL);
		_exit(9);
	}
	wait_for(child);
	say("taken", take(fd, 6));
	child = vfork();
	if (!child) {
		execl("/no/such/program", "program", (char *)NULL);
		_exit(8);
	}
	wait_for(child);
	fill(fd, 0, 4);
	say("system", system("echo from the shell"));
	look("whole");
}

static void becoming(void)
{
	int fd = fresh(0);

	fill(fd, 0, 100);
	lseek(fd, 4, SEEK_SET);
	say("taken", take(fd, 6));
	dup2(fd, 0);
	fill(1, 0, 20);
	execlp("head", "head", "-c", "20", (char *)NULL);
}

static void handler(int number)
{
	char byte = (char)('0' + number % 10);

	if (write(2, &byte, 1) != 1)
		_exit(1);
}

static sigjmp_buf before;

static void jump(int number)
{
	siglongjmp(before, number);
}

static void signals(void)
{
	struct sigaction action = {.sa_handler = handler};
	struct sigaction now;
	volatile int ends[2];
	int fd = fresh(0);

	sigaction(SIGTERM, NULL, &now);
	say("default", now.sa_handler == SIG_DFL);
	fill(fd, 0, 30);
	sigaction(SIGTERM, NULL, &now);
	say("still", now.sa_handler == SIG_DFL);
	sigaction(SIGTERM, &action, &now);
	say("was", now.sa_handler == SIG_DFL);
	raise(SIGTERM);
	say("old", signal(SIGTERM, SIG_DFL) == handler);
	say("ignored", signal(SIGPIPE, SIG_IGN) == SIG_DFL);
	expect(!pipe((int *)ends), "pipe");
	close(ends[0]);
	say("broken", write(ends[1], "x", 1) < 0 ? errno : 0);
	expect(!pipe((int *)ends), "pipe");
	signal(SIGALRM, jump);
	if (!sigsetjmp(before, 1)) {
		char byte;

		ualarm(20000, 0);
		say("never", read(ends[0], &byte, 1));
	}
	fill(fd, 30, 60);
	look("whole");
}

/* A signal that no function of the C library sends. */
static void signal_self(int number)
{
	long result = SYS_kill;

	__asm__ volatile("syscall"
			 : "+a"(result)
			 : "D"((long)getpid()), "S"((long)number)
			 : "rcx", "r11", "memory");
}

/* Ends without a flush of anybody's. */
static void unflushed(void)
{
	int fd = fresh(0);

	fill(fd, 0, 1000);
	fill(1, 0, 100);
}

static void end_at_once(void)
{
	unflushed();
	_exit(7);
}

static void end_quickly(void)
{
	unflushed();
	quick_exit(8);
}

static void end_group(void)
{
	unflushed();
	syscall(SYS_exit_group, 9);
}

static void end_aborting(void)
{
	unflushed();
	abort();
}

static void end_faulting(void)
{
	unflushed();
	*(volatile int *)8 = 1;
}

static void end_terminated(void)
{
	unflushed();
	signal_self(SIGTERM);
}

static void end_limited(void)
{
	unflushed();
	signal_self(SIGXCPU);
}

static void end_thread(void)
{
	unflushed();
	pthread_exit(NULL);
}

static void end_returning(void)
{
	unflushed();
}

int main(int count, char *arguments[])
{
	static const struct way ways[] = {{"talking", talking},
					  {"aging", aging},
					  {"threads", threads},
					  {"forking", forking},
					  {"spawning", spawning},
					  {"becoming", becoming},
					  {"signals", signals},
					  {"_exit", end_at_once},
					  {"quick_exit", end_quickly},
					  {"exit_group", end_group},
					  {"abort", end_aborting},
					  {"segv", end_faulting},
					  {"term", end_terminated},
					  {"xcpu", end_limited},
					  {"thread", end_thread},
					  {"exit", end_returning},
					  {NULL, NULL}};

	return count == 3 ? torture(ways, arguments) : 2;
}
