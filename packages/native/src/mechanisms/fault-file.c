/*
 * fault-file: the first read of a page of a fresh mapping of a file in the page cache. Linux maps
 * the neighbours too (fault_around_bytes, 64 KiB by default), so the touches stride over them and
 * what counts is the faults the kernel says it took, not the touches.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "faults-taken.h"
#include "mechanism.h"
#include "temporary-file.h"

#define STRIDE_BYTES 65536u
#define MOST_TOUCHES 512u

struct fault_file {
	int fd;
	size_t mapped_bytes;
	unsigned char *memory;
	uint64_t faults_before;
};

static int fault_file_open(void **state, struct parameters *parameters)
{
	struct fault_file *self = calloc(1, sizeof(*self));

	(void)parameters;
	if (!self)
		return -ENOMEM;
	self->fd = temporary_file_open((uint64_t)STRIDE_BYTES * MOST_TOUCHES);
	if (self->fd < 0) {
		int error = self->fd;

		free(self);
		return error;
	}
	*state = self;
	return 0;
}

static int fault_file_ready(void *state, uint64_t calls)
{
	struct fault_file *self = state;
	size_t bytes = (size_t)calls * STRIDE_BYTES;
	void *memory = mmap(NULL, bytes, PROT_READ, MAP_SHARED, self->fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	self->memory = memory;
	self->mapped_bytes = bytes;
	if (madvise(memory, bytes, MADV_NOHUGEPAGE) < 0 && errno != EINVAL)
		return -errno;
	return faults_taken(&self->faults_before);
}

static int fault_file_run(void *state, uint64_t calls)
{
	struct fault_file *self = state;
	const volatile unsigned char *page = self->memory;
	unsigned int sum = 0;

	for (uint64_t call = 0; call < calls; call++, page += STRIDE_BYTES)
		sum += *page;
	return sum == 0 ? -EIO : 0; /* The file is written with a byte that is not zero. */
}

static int fault_file_done(void *state, uint64_t calls, struct tally *tally)
{
	struct fault_file *self = state;
	uint64_t after = 0;
	int error = faults_taken(&after);

	(void)calls;
	if (error)
		return error;
	tally->events = after - self->faults_before;
	return munmap(self->memory, self->mapped_bytes) < 0 ? -errno : 0;
}

static void fault_file_close(void *state)
{
	struct fault_file *self = state;

	close(self->fd);
	free(self);
}

MECHANISM(fault_file_mechanism) = {
	.name = "fault-file",
	.most_calls = MOST_TOUCHES,
	.open = fault_file_open,
	.ready = fault_file_ready,
	.run = fault_file_run,
	.done = fault_file_done,
	.close = fault_file_close,
};
