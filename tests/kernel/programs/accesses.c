/* accesses.c: programs whose reads and writes the tests know by heart: accesses WHAT FILE COUNT */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *file;
static long count;

/* COUNT reads of 16 bytes, scattered by a stride that is prime. */
static void *read_scattered(void *context)
{
	char bytes[16];
	int fd = open(file, O_RDONLY);

	for (long i = 0; i < count; i++)
		if (pread(fd, bytes, sizeof(bytes), i * 7919 % 60000) != sizeof(bytes))
			abort();
	return context;
}

/* COUNT times: to 512 i, and 32 bytes from there. */
static int read_sought(void)
{
	char bytes[32];
	int fd = open(file, O_RDONLY);

	for (long i = 0; i < count; i++)
		if (lseek(fd, 512 * i, SEEK_SET) < 0 || read(fd, bytes, sizeof(bytes)) != 32)
			return 1;
	return lseek(fd, -1, SEEK_SET) < 0 ? 0 : 1;
}

/* COUNT bytes, in turn through a descriptor and its duplicate, which share one position. */
static int read_twofold(void)
{
	int fds[2] = {open(file, O_RDONLY)};
	char byte;

	fds[1] = dup(fds[0]);
	for (long i = 0; i < count; i++)
		if (read(fds[i % 2], &byte, 1) != 1)
			return 1;
	return 0;
}

static int read_in_threads(void)
{
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, read_scattered, NULL))
			return 2;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

/* COUNT messages of 5 bytes through a pipe. */
static int pass_messages(void)
{
	char bytes[8];
	int ends[2];

	if (pipe(ends))
		return 2;
	for (long i = 0; i < count; i++)
		if (write(ends[1], "hello", 5) != 5 || read(ends[0], bytes, sizeof(bytes)) != 5)
			return 1;
	return 0;
}

/* Of each way to ask what is ready COUNT answers that nothing is, and one that something is. */
static int ask_readiness(void)
{
	struct timespec none = {0};
	struct epoll_event event = {.events = EPOLLIN};
	struct pollfd polled;
	int ends[2], set = epoll_create1(0);
	fd_set read_set;

	if (pipe(ends) || epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event))
		return 2;
	polled = (struct pollfd){.fd = ends[0], .events = POLLIN};
	for (long i = 0; i <= count; i++) {
		int ready = i == count;

		if (ready && write(ends[1], "x", 1) != 1)
			return 1;
		FD_ZERO(&read_set);
		FD_SET(ends[0], &read_set);
		if (syscall(SYS_poll, &polled, 1, 0) != ready ||
		    syscall(SYS_epoll_wait, set, &event, 1, 0) != ready ||
		    syscall(SYS_pselect6, ends[0] + 1, &read_set, NULL, NULL, &none, NULL) != ready)
			return 1;
	}
	return 0;
}

/* Three times COUNT names that are not there, and COUNT times one that is. */
static int look_for_names(void)
{
	char name[64];
	struct stat status;

	for (long i = 0; i < 3 * count; i++) {
		snprintf(name, sizeof(name), "/nowhere/%ld", i % count);
		if (!syscall(SYS_newfstatat, AT_FDCWD, name, &status, 0))
			return 1;
	}
	for (long i = 0; i < count; i++)
		if (syscall(SYS_newfstatat, AT_FDCWD, file, &status, 0) ||
		    syscall(SYS_newfstatat, 0, "", &status, AT_EMPTY_PATH))
			return 1;
	return 0;
}

int main(int argc, char *argv[])
{
	const char *what = argc > 3 ? argv[1] : "";

	file = argc > 3 ? argv[2] : "";
	count = argc > 3 ? atol(argv[3]) : 0;
	if (!strcmp(what, "scattered"))
		return read_scattered(NULL) ? 1 : 0;
	if (!strcmp(what, "sought"))
		return read_sought();
	if (!strcmp(what, "twofold"))
		return read_twofold();
	if (!strcmp(what, "threads"))
		return read_in_threads();
	if (!strcmp(what, "messages"))
		return pass_messages();
	if (!strcmp(what, "readiness"))
		return ask_readiness();
	if (!strcmp(what, "names"))
		return look_for_names();
	return 2;
}
