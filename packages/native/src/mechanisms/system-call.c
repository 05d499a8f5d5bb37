/*
 * system-call: one call of a class that does its least: nothing is waited for, nothing found on a
 * disk. `call` chooses: what the bill's prices have no line of their own for.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mechanism.h"
#include "temporary-file.h"

#define FILE_BYTES 4096u
#define ENTRIES_BYTES 32768u

struct system_call {
	int (*call)(struct system_call *self);
	int file;
	int folder;
	int event;
	int epoll;
	uint32_t word;
	unsigned char byte;
	char entries[ENTRIES_BYTES];
};

static int call_lseek(struct system_call *self)
{
	return lseek(self->file, 0, SEEK_SET) < 0 ? -errno : 0;
}

static int call_write_byte(struct system_call *self)
{
	return pwrite(self->file, &self->byte, 1, 0) == 1 ? 0 : -EIO;
}

static int call_stat(struct system_call *self)
{
	struct stat found;

	(void)self;
	return stat("/usr/bin/env", &found) < 0 ? -errno : 0;
}

static int call_stat_missing(struct system_call *self)
{
	struct stat found;

	(void)self;
	return stat("/crossbill has no such file", &found) < 0 && errno == ENOENT ? 0 : -EIO;
}

static int call_open_close(struct system_call *self)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)self;
	return fd < 0 || close(fd) < 0 ? -errno : 0;
}

/* The rewinding is in it: a directory is read once after each opening, and this spares that. */
static int call_getdents(struct system_call *self)
{
	if (lseek(self->folder, 0, SEEK_SET) < 0)
		return -errno;
	return syscall(SYS_getdents64, self->folder, self->entries, ENTRIES_BYTES) > 0 ? 0 : -EIO;
}

/* Nobody waits: the look into the table of waiters is what a needless wake costs. */
static int call_futex_wake(struct system_call *self)
{
	return syscall(SYS_futex, &self->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) < 0 ? -errno
											 : 0;
}

static int call_epoll_wait(struct system_call *self)
{
	struct epoll_event ready;

	return epoll_wait(self->epoll, &ready, 1, 0) == 1 ? 0 : -EIO;
}

static int call_poll(struct system_call *self)
{
	struct pollfd asked = {.fd = self->event, .events = POLLIN};

	return poll(&asked, 1, 0) == 1 ? 0 : -EIO;
}

static int call_mmap_munmap(struct system_call *self)
{
	void *memory = mmap(NULL, FILE_BYTES, PROT_READ, MAP_SHARED, self->file, 0);

	if (memory == MAP_FAILED)
		return -errno;
	return munmap(memory, FILE_BYTES) < 0 ? -errno : 0;
}

static int call_clone_wait(struct system_call *self)
{
	pid_t child = vfork();
	int status;

	(void)self;
	if (child == 0)
		_exit(0);
	return child < 0 || waitpid(child, &status, 0) != child ? -errno : 0;
}

static const char *const names[] = {"lseek",	  "write-byte",	 "stat",       "stat-missing",
				    "open-close", "getdents",	 "futex-wake", "epoll-wait",
				    "poll",	  "mmap-munmap", "vfork-wait", NULL};
static int (*const calls_by_name[])(struct system_call *) = {
	call_lseek,	 call_write_byte,  call_stat,	    call_stat_missing,
	call_open_close, call_getdents,	   call_futex_wake, call_epoll_wait,
	call_poll,	 call_mmap_munmap, call_clone_wait,
};

static void system_call_close(void *state)
{
	struct system_call *self = state;
	int all[] = {self->file, self->folder, self->event, self->epoll};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] >= 0)
			close(all[i]);
	free(self);
}

static int system_call_prepare(struct system_call *self)
{
	struct epoll_event wanted = {.events = EPOLLIN};

	self->file = temporary_file_open(FILE_BYTES);
	if (self->file < 0)
		return self->file;
	self->folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	self->event = eventfd(1, EFD_CLOEXEC); /* 1: ready from the beginning. */
	self->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (self->folder < 0 || self->event < 0 || self->epoll < 0)
		return -errno;
	return epoll_ctl(self->epoll, EPOLL_CTL_ADD, self->event, &wanted) < 0 ? -errno : 0;
}

static int system_call_open(void **state, struct parameters *parameters)
{
	struct system_call *self = calloc(1, sizeof(*self));
	int error;

	if (!self)
		return -ENOMEM;
	self->call = calls_by_name[parameter_choice(parameters, "call", names)];
	self->file = self->folder = self->event = self->epoll = -1;
	error = system_call_prepare(self);
	if (error) {
		system_call_close(self);
		return error;
	}
	*state = self;
	return 0;
}

static int system_call_run(void *state, uint64_t calls)
{
	struct system_call *self = state;

	for (uint64_t call = 0; call < calls; call++) {
		int error = self->call(self);

		if (error)
			return error;
	}
	return 0;
}

MECHANISM(system_call_mechanism) = {
	.name = "system-call",
	.open = system_call_open,
	.run = system_call_run,
	.close = system_call_close,
};
