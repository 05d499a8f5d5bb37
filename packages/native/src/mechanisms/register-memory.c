/*
 * register-memory: makes memory fit for a device or for the kernel to reach at any time: pins its
 * pages and notes where they are. way=touch is what comes first, the pages' first use. A call
 * registers all of it once; releasing it again is not timed.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mechanism.h"
#include "packet-xdp.h"
#include "uring.h"

/* What io_uring takes as one buffer is 1 GiB; a quarter of it is enough to tell a slope. */
#define MOST_BYTES (256u << 20)
#define LEAST_BYTES 4096u
#define HUGE_BYTES (2u << 20)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* since Linux 5.14 */
#endif

enum way { WAY_MLOCK, WAY_URING, WAY_XDP, WAY_TOUCH };
static const char *const ways[] = {"mlock", "io_uring", "af_xdp", "touch", NULL};
static const char *const pages[] = {"small", "huge", NULL};

struct register_memory {
	enum way way;
	size_t bytes;
	unsigned char *memory, *mapped;
	struct uring uring;
	/* What holds the registration until the block is over; -1: nothing. */
	int fd;
};

static void register_memory_close(void *state)
{
	struct register_memory *self = state;

	munmap(self->mapped, self->bytes + HUGE_BYTES);
	free(self);
}

/* KiB of this process in huge pages; 0 when the kernel does not say. */
static unsigned long register_memory_huge(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "re");
	unsigned long kib = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "AnonHugePages: %lu", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

static int register_memory_map(struct register_memory *self, bool huge)
{
	uintptr_t start;

	self->mapped = mmap(NULL, self->bytes + HUGE_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (self->mapped == MAP_FAILED)
		return -errno;
	start = (uintptr_t)self->mapped;
	self->memory = self->mapped + (HUGE_BYTES - start % HUGE_BYTES) % HUGE_BYTES;
	/* A kernel without huge pages refuses both, and has small ones. */
	madvise(self->memory, self->bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	memset(self->memory, 1, self->bytes);
	if (!huge || register_memory_huge() >= self->bytes >> 10)
		return 0;
	munmap(self->mapped, self->bytes + HUGE_BYTES);
	mechanism_refused("huge pages (transparent_hugepage/enabled?)");
	return -EOPNOTSUPP;
}

static int register_memory_open(void **state, struct parameters *parameters)
{
	uint64_t bytes = parameter_number(parameters, "bytes", 1u << 20);
	bool huge = parameter_choice(parameters, "pages", pages) == 1;
	enum way way = (enum way)parameter_choice(parameters, "way", ways);
	struct register_memory *self;
	int error;

	if (bytes < LEAST_BYTES || bytes > MOST_BYTES || bytes % LEAST_BYTES != 0 ||
	    (huge && bytes % HUGE_BYTES != 0))
		return -EINVAL;
	self = calloc(1, sizeof(*self));
	if (!self)
		return -ENOMEM;
	self->way = way;
	self->bytes = (size_t)bytes;
	self->fd = self->uring.fd = -1;
	error = register_memory_map(self, huge);
	if (error) {
		free(self);
		return error;
	}
	*state = self;
	return 0;
}

static int register_memory_ready(void *state, uint64_t calls)
{
	const struct uring_options options = {.entries = 1};
	struct register_memory *self = state;
	int error;

	(void)calls;
	switch (self->way) {
	case WAY_URING:
		error = uring_open(&self->uring, &options);
		if (error)
			mechanism_refused(uring_refusal(error));
		return error;
	case WAY_XDP:
		self->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
		if (self->fd >= 0)
			return 0;
		error = -errno;
		mechanism_refused("a socket of AF_XDP (CONFIG_XDP_SOCKETS, CAP_NET_RAW?)");
		return error;
	case WAY_TOUCH:
		return madvise(self->memory, self->bytes, MADV_DONTNEED) < 0 ? -errno : 0;
	case WAY_MLOCK:
		return 0;
	}
	return -EINVAL;
}

static int register_memory_pin(const struct register_memory *self)
{
	const struct iovec all = {.iov_base = self->memory, .iov_len = self->bytes};

	switch (self->way) {
	case WAY_MLOCK:
		return mlock(self->memory, self->bytes) < 0 ? -errno : 0;
	case WAY_URING:
		return uring_register_buffers(&self->uring, &all, 1);
	case WAY_XDP:
		return packet_xdp_register(self->fd, self->memory, self->bytes);
	case WAY_TOUCH:
		return madvise(self->memory, self->bytes, MADV_POPULATE_WRITE) < 0 ? -errno : 0;
	}
	return -EINVAL;
}

static int register_memory_run(void *state, uint64_t calls)
{
	int error = register_memory_pin(state);

	(void)calls;
	if (error == -ENOMEM || error == -ENOBUFS)
		mechanism_refused("so much pinned memory (RLIMIT_MEMLOCK?)");
	return error;
}

static int register_memory_done(void *state, uint64_t calls, struct tally *tally)
{
	struct register_memory *self = state;
	int error = 0;

	(void)calls;
	(void)tally;
	if (self->way == WAY_MLOCK && munlock(self->memory, self->bytes) < 0)
		error = -errno;
	if (self->way == WAY_URING)
		uring_close(&self->uring);
	if (self->fd >= 0)
		close(self->fd);
	self->fd = -1;
	return error;
}

MECHANISM(register_memory_mechanism) = {
	.name = "register-memory",
	.most_calls = 1,
	.open = register_memory_open,
	.ready = register_memory_ready,
	.run = register_memory_run,
	.done = register_memory_done,
	.close = register_memory_close,
};
