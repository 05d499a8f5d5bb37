/*
 * system-call: one call of a class that does its least, or the few that belong together: nothing is
 * found on a disk. `call` chooses: what the bill's prices have no line of their own for.
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

#define PAGE_BYTES 4096u
/* As much as many programs read and write at a time. */
#define FILE_BYTES 65536u
#define ENTRIES_BYTES 32768u

struct system_call {
	int (*call)(struct system_call *self);
	int file;
	int copy;
	int folder;
	int event;
	int epoll;
	uint32_t word;
	unsigned char byte;
	char entries[ENTRIES_BYTES];
	unsigned char piece[FILE_BYTES];
};

static int call_lseek(struct system_call *self)
{
	return lseek(self->file, 0, SEEK_SET) < 0 ? -errno : 0;
}

static int call_write_byte(struct system_call *self)
{
	return pwrite(self->file, &self->byte, 1, 0) == 1 ? 0 : -EIO;
}

static int call_write_piece(struct system_call *self)
{
	return pwrite(self->file, self->piece, FILE_BYTES, 0) == FILE_BYTES ? 0 : -EIO;
}

static int call_copy_file_range(struct system_call *self)
{
	off_t from = 0;
	off_t to = 0;
	ssize_t copied = copy_file_range(self->file, &from, self->copy, &to, FILE_BYTES, 0);

	if (copied < 0)
		return -errno;
	return copied == FILE_BYTES ? 0 : -EIO;
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

static int call_eventfd(struct system_call *self)
{
	uint64_t value = 1;

	if (write(self->event, &value, sizeof(value)) != sizeof(value))
		return -EIO;
	return read(self->event, &value, sizeof(value)) == sizeof(value) ? 0 : -EIO;
}

static int call_mmap_munmap(struct system_call *self)
{
	void *memory = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, self->file, 0);

	if (memory == MAP_FAILED)
		return -errno;
	return munmap(memory, PAGE_BYTES) < 0 ? -errno : 0;
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

static int call_fork_exec(struct system_call *self)
{
	pid_t child = fork();
	int status;

	(void)self;
	if (child == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -errno;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	mechanism_refused("/bin/true");
	return -ENOEXEC;
}

static const struct {
	const char *name;
	int (*call)(struct system_call *);
} named[] = {
	{"lseek", call_lseek},
	{"write-byte", call_write_byte},
	{"write-64KiB", call_write_piece},
	{"copy-file-range-64KiB", call_copy_file_range},
	{"stat", call_stat},
	{"stat-missing", call_stat_missing},
	{"open-close", call_open_close},
	{"getdents", call_getdents},
	{"futex-wake", call_futex_wake},
	{"epoll-wait", call_epoll_wait},
	{"poll", call_poll},
	{"eventfd", call_eventfd},
	{"mmap-munmap", call_mmap_munmap},
	{"vfork-wait", call_clone_wait},
	{"fork-exec", call_fork_exec},
};
#define NAMED (sizeof(named) / sizeof(named[0]))

static int (*system_call_choose(struct parameters *parameters))(struct system_call *)
{
	const char *names[NAMED + 1] = {0};

	for (size_t i = 0; i < NAMED; i++)
		names[i] = named[i].name;
	return named[parameter_choice(parameters, "call", names)].call;
}

static void system_call_close(void *state)
{
	struct system_call *self = state;
	int all[] = {self->file, self->copy, self->folder, self->event, self->epoll};

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
	self->copy = temporary_file_open(FILE_BYTES);
	if (self->copy < 0)
		return self->copy;
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
	self->call = system_call_choose(parameters);
	self->file = self->copy = self->folder = self->event = self->epoll = -1;
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
