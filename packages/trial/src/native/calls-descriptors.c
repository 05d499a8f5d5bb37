/* calls-descriptors: what makes, duplicates, changes and closes descriptors. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "age.h"
#include "next.h"
#include "path-cache.h"
#include "process.h"
#include "report.h"
#include "settle.h"
#include "stream.h"
#include "sync-group.h"
#include "window.h"

/* A descriptor that is new, though we may have known another of its number. */
static int descriptors_new(int fd)
{
	if (fd >= 0)
		stream_forget(fd);
	return fd;
}

static int descriptors_opened(int folder, const char *path, int flags, int fd)
{
	bool changes = (flags & (O_CREAT | O_TRUNC)) != 0;

	if (changes)
		path_cache_forget();
	else if (fd < 0)
		path_cache_learn(PATH_OPEN, 0, folder, path, NULL, 0, fd);
	return descriptors_new(fd);
}

/* Opening can wait (a FIFO), and shows what a file holds. A path that is not there costs nothing.
 */
static bool descriptors_is_absent(int folder, const char *path, int flags)
{
	int result;

	if (!(flags & O_CREAT) && path_cache_recall(PATH_OPEN, 0, folder, path, NULL, 0, &result))
		return true;
	settle_held();
	return false;
}

static mode_t descriptors_mode(int flags, va_list list)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
}

EXPORTED int open(const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	SEEN(open);
	va_start(list, flags);
	mode = descriptors_mode(flags, list);
	va_end(list);
	if (descriptors_is_absent(AT_FDCWD, path, flags)) {
		report_absorb(CALL_open);
		return -1;
	}
	return descriptors_opened(AT_FDCWD, path, flags, NEXT(open)(path, flags, mode));
}

EXPORTED int openat(int folder, const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	SEEN(openat);
	va_start(list, flags);
	mode = descriptors_mode(flags, list);
	va_end(list);
	if (descriptors_is_absent(folder, path, flags)) {
		report_absorb(CALL_openat);
		return -1;
	}
	return descriptors_opened(folder, path, flags, NEXT(openat)(folder, path, flags, mode));
}

EXPORTED int creat(const char *path, mode_t mode)
{
	return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

EXPORTED int __open_2(const char *path, int flags);
EXPORTED int __open_2(const char *path, int flags)
{
	return open(path, flags);
}

EXPORTED int __openat_2(int folder, const char *path, int flags);
EXPORTED int __openat_2(int folder, const char *path, int flags)
{
	return openat(folder, path, flags);
}

static int descriptors_close(int fd)
{
	int lost;

	settle_one(fd);
	lost = settle_error_of(fd);
	sync_group_settle(fd);
	stream_forget(fd);
	return lost;
}

EXPORTED int close(int fd)
{
	int lost;
	int result;
	int error;

	SEEN(close);
	if (pipe_window_owns(fd)) {
		errno = EBADF;
		return -1;
	}
	lost = descriptors_close(fd);
	error = errno;
	result = NEXT(close)(fd);
	if (result || !lost)
		return result;
	errno = error;
	return -1;
}

EXPORTED int close_range(unsigned int first, unsigned int last, int flags)
{
	SEEN(close_range);
	settle_finally();
	for (unsigned int fd = first; fd <= last && fd < STREAM_DESCRIPTORS; fd++)
		if (!(flags & (int)CLOSE_RANGE_CLOEXEC))
			descriptors_close((int)fd);
	if (process_is_ours() && last >= STREAM_DESCRIPTORS - 1)
		pipe_window_forget();
	return NEXT(close_range)(first, last, flags);
}

EXPORTED void closefrom(int first)
{
	close_range((unsigned int)(first < 0 ? 0 : first), ~0U, 0);
}

EXPORTED int dup(int from)
{
	int to;

	SEEN(dup);
	stream_learn(from);
	to = NEXT(dup)(from);
	if (to >= 0)
		stream_duplicate(from, to);
	return to;
}

/* The one that `to` was is closed without a word about lost writes, as the kernel does it. */
static void descriptors_before_dup(int from, int to)
{
	if (from == to)
		return;
	stream_learn(from);
	settle_one(to);
	sync_group_settle(to);
	if (pipe_window_owns(to) && process_is_ours())
		pipe_window_forget();
}

EXPORTED int dup2(int from, int to)
{
	int result;

	SEEN(dup2);
	descriptors_before_dup(from, to);
	result = NEXT(dup2)(from, to);
	if (result >= 0)
		stream_duplicate(from, to);
	return result;
}

EXPORTED int dup3(int from, int to, int flags)
{
	int result;

	SEEN(dup3);
	descriptors_before_dup(from, to);
	result = NEXT(dup3)(from, to, flags);
	if (result >= 0)
		stream_duplicate(from, to);
	return result;
}

/* Also what waits for room in a full pipe goes out: nobody would look for it any more. */
static void descriptors_stand_down(int fd)
{
	settle_one(fd);
	stream_stand_down(fd);
}

/* Only these leave the open file as it is. */
static bool descriptors_is_plain(int command)
{
	return command == F_GETFD || command == F_SETFD || command == F_GETFL;
}

EXPORTED int fcntl(int fd, int command, ...)
{
	bool duplicates = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
	void *argument;
	va_list list;
	int result;

	SEEN(fcntl);
	va_start(list, command);
	argument = va_arg(list, void *);
	va_end(list);
	if (duplicates) {
		stream_learn(fd);
	} else if (!descriptors_is_plain(command)) {
		/* Locks tell other processes that they may look; new flags change what may be done.
		 */
		settle_all();
		if (command == F_SETFL)
			descriptors_stand_down(fd);
	}
	result = NEXT(fcntl)(fd, command, argument);
	if (duplicates && result >= 0)
		stream_duplicate(fd, result);
	return result;
}

/* Asks how much there is to read, or changes something that only the driver knows. */
EXPORTED int ioctl(int fd, unsigned long request, ...)
{
	void *argument;
	va_list list;

	SEEN(ioctl);
	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	settle_all();
	if (request == FIONBIO)
		descriptors_stand_down(fd);
	return NEXT(ioctl)(fd, request, argument);
}

/* A mapping shows the file; a shared one also what is written later, and may change it unseen. */
EXPORTED void *mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
	SEEN(mmap);
	if (!(flags & MAP_ANONYMOUS) && fd >= 0) {
		settle_all();
		if ((flags & MAP_TYPE) != MAP_PRIVATE)
			descriptors_stand_down(fd);
	}
	return NEXT(mmap)(at, bytes, protection, flags, fd, offset);
}

EXPORTED int pipe2(int ends[2], int flags)
{
	int result;

	SEEN(pipe);
	result = NEXT(pipe2)(ends, flags);
	if (!result) {
		descriptors_new(ends[0]);
		descriptors_new(ends[1]);
	}
	return result;
}

EXPORTED int pipe(int ends[2])
{
	return pipe2(ends, 0);
}

EXPORTED int socketpair(int family, int type, int protocol, int ends[2])
{
	int result;

	SEEN(socket);
	result = NEXT(socketpair)(family, type, protocol, ends);
	if (!result) {
		descriptors_new(ends[0]);
		descriptors_new(ends[1]);
	}
	return result;
}

/* Defines NAME as: settle, the call itself, and a descriptor that is new. */
#define MAKES(name, takes, passes)                         \
	EXPORTED int name takes                            \
	{                                                  \
		settle_held();                             \
		return descriptors_new(NEXT(name) passes); \
	}

MAKES(socket, (int family, int type, int protocol), (family, type, protocol))
MAKES(eventfd, (unsigned int count, int flags), (count, flags))
MAKES(epoll_create, (int size), (size))
MAKES(epoll_create1, (int flags), (flags))
MAKES(inotify_init, (void), ())
MAKES(inotify_init1, (int flags), (flags))
MAKES(timerfd_create, (int clock, int flags), (clock, flags))
MAKES(memfd_create, (const char *name, unsigned int flags), (name, flags))
MAKES(shm_open, (const char *name, int flags, mode_t mode), (name, flags, mode))
MAKES(mkstemp, (char *name), (name))
MAKES(mkostemp, (char *name, int flags), (name, flags))
MAKES(posix_openpt, (int flags), (flags))

EXPORTED int signalfd(int fd, const sigset_t *set, int flags)
{
	age_give_up(); /* It may read every signal, ours too. */
	return descriptors_new(NEXT(signalfd)(fd, set, flags));
}

SAME(open64, open)
SAME(__open, open)
SAME(__open64, open)
SAME(openat64, openat)
SAME(creat64, creat)
SAME(__open64_2, __open_2)
SAME(__openat64_2, __openat_2)
SAME(__close, close)
SAME(__dup2, dup2)
SAME(fcntl64, fcntl)
SAME(__fcntl, fcntl)
SAME(mmap64, mmap)
SAME(__pipe, pipe)
SAME(mkstemp64, mkstemp)
SAME(mkostemp64, mkostemp)
