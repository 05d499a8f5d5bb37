/*
 * live-torture.h: what the torture programs share. Each does one thing by name with a file of its
 * own; its output says what it saw, so that with and without a library the bytes must agree.
 */
#ifndef CROSSBILL_LIVE_TORTURE_H
#define CROSSBILL_LIVE_TORTURE_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *file;

static inline void say(const char *what, long value)
{
	char line[128];
	int length = snprintf(line, sizeof(line), "%s=%ld\n", what, value);

	if (write(1, line, (size_t)length) != length)
		abort();
}

static inline void expect(int is, const char *what)
{
	if (is)
		return;
	say(what, -errno);
	abort();
}

static inline int fresh(int flags)
{
	int fd = open(file, O_RDWR | O_CREAT | O_TRUNC | flags, 0600);

	expect(fd >= 0, "open");
	return fd;
}

/* Lines of their number, a byte at a time. */
static inline void fill(int fd, int from, int to)
{
	for (int i = from; i < to; i++) {
		char line[16];
		int length = snprintf(line, sizeof(line), "%d\n", i);

		for (int at = 0; at < length; at++)
			expect(write(fd, line + at, 1) == 1, "write");
	}
}

/* What the file holds now, as another descriptor sees it: length and sum. */
static inline void look(const char *what)
{
	unsigned char bytes[70000];
	int fd = open(file, O_RDONLY);
	long sum = 0;
	ssize_t length = read(fd, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < length; i++)
		sum = sum * 31 % 1000003 + bytes[i];
	close(fd);
	say(what, length * 10000000 + sum);
}

static inline long take(int fd, int count)
{
	long sum = 0;
	unsigned char byte;

	for (int i = 0; i < count; i++)
		sum = read(fd, &byte, 1) == 1 ? sum * 31 % 1000003 + byte : sum + 7;
	return sum;
}

static inline void wait_for(pid_t child)
{
	int status;

	expect(waitpid(child, &status, 0) == child, "waitpid");
	say("child", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

struct way {
	const char *name;
	void (*run)(void);
};

/* Does what the first argument names, with the file that the second does. */
static inline int torture(const struct way *ways, char *arguments[])
{
	if (!arguments[1] || !arguments[2])
		return 2;
	file = arguments[2];
	for (; ways->name; ways++)
		if (!strcmp(ways->name, arguments[1])) {
			ways->run();
			return 0;
		}
	return 2;
}

#endif
