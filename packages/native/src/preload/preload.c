/*
 * preload: a library that stands before the C library (LD_PRELOAD) and counts the calls that pass
 * through it; it sees none that the C library makes by itself. With CROSSBILL_MONITOR_DISPATCH=1 it
 * counts none, but puts syscall user dispatch upon the program.
 */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../monitor.h"
#include "../user-dispatch.h"

#define EXPORTED __attribute__((visibility("default")))

static struct monitor_shared nobody;
static struct monitor_shared *shared = &nobody;

/* By this name a program sees that the library is there. */
EXPORTED int crossbill_preload_counts(void);
EXPORTED int crossbill_preload_counts(void)
{
	return shared != &nobody;
}

/*
 * Defines NAME as: count, then the next NAME. Not an atomic addition: the programs measured have
 * one thread, and its price would be the larger part of the whole.
 */
#define COUNTED(type, name, takes, passes)                                           \
	EXPORTED type name takes                                                     \
	{                                                                            \
		static type(*next) takes;                                            \
                                                                                     \
		if (!next)                                                           \
			*(void **)&next = dlsym(RTLD_NEXT, #name);                   \
		__atomic_store_n(&shared->seen, shared->seen + 1, __ATOMIC_RELAXED); \
		return next passes;                                                  \
	}

COUNTED(pid_t, getppid, (void), ())
COUNTED(ssize_t, read, (int fd, void *to, size_t bytes), (fd, to, bytes))
COUNTED(ssize_t, write, (int fd, const void *from, size_t bytes), (fd, from, bytes))
COUNTED(off_t, lseek, (int fd, off_t by, int from), (fd, by, from))
COUNTED(int, close, (int fd), (fd))
COUNTED(int, dup2, (int fd, int to), (fd, to))
COUNTED(int, fstat, (int fd, struct stat *found), (fd, found))
COUNTED(int, stat, (const char *path, struct stat *found), (path, found))
COUNTED(int, lstat, (const char *path, struct stat *found), (path, found))
COUNTED(int, statx,
	(int folder, const char *path, int flags, unsigned int mask, struct statx *found),
	(folder, path, flags, mask, found))
COUNTED(ssize_t, getxattr, (const char *path, const char *name, void *to, size_t bytes),
	(path, name, to, bytes))
COUNTED(ssize_t, lgetxattr, (const char *path, const char *name, void *to, size_t bytes),
	(path, name, to, bytes))
COUNTED(ssize_t, readlink, (const char *path, char *to, size_t bytes), (path, to, bytes))

EXPORTED int open(const char *path, int flags, ...)
{
	static int (*next)(const char *, int, ...);
	va_list rest;
	mode_t mode;

	va_start(rest, flags);
	mode = va_arg(rest, mode_t);
	va_end(rest);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "open");
	__atomic_store_n(&shared->seen, shared->seen + 1, __ATOMIC_RELAXED);
	return next(path, flags, mode);
}

static __attribute__((constructor)) void preload_start(void)
{
	const char *fd = getenv("CROSSBILL_MONITOR_FD");
	const char *dispatch = getenv("CROSSBILL_MONITOR_DISPATCH");
	void *memory;

	if (!fd)
		return;
	memory = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, atoi(fd), 0);
	if (memory == MAP_FAILED)
		return;
	if (!dispatch) {
		shared = memory;
		return;
	}
	if (user_dispatch_open(&((struct monitor_shared *)memory)->seen) == 0)
		user_dispatch_begin();
}
