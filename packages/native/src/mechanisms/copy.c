/*
 * copy: one pread of `bytes` bytes at offset 0 of a file in the page cache. Source and
 * destination are the same each time, so the size decides which cache both of them live in.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mechanism.h"
#include "temporary-file.h"

/* Keeps file and buffer small beside any machine's memory. */
#define MOST_BYTES (64u << 20)

struct copy {
	int fd;
	size_t bytes;
	void *buffer;
};

static void copy_close(void *state)
{
	struct copy *self = state;

	if (self->fd >= 0)
		close(self->fd);
	free(self->buffer);
	free(self);
}

static int copy_open(void **state, struct parameters *parameters)
{
	uint64_t bytes = parameter_number(parameters, "bytes", 1);
	struct copy *self;
	int error = -ENOMEM;

	if (bytes < 1 || bytes > MOST_BYTES)
		return -EINVAL;
	self = calloc(1, sizeof(*self));
	if (!self)
		return -ENOMEM;
	self->bytes = (size_t)bytes;
	self->fd = -1;
	/* A page of its own start, as large reads of real programs have. */
	if (posix_memalign(&self->buffer, 4096, self->bytes) != 0)
		goto fail;
	memset(self->buffer, 0, self->bytes); /* Or the first block would pay for page faults. */
	self->fd = temporary_file_open(self->bytes);
	error = self->fd;
	if (self->fd < 0)
		goto fail;
	*state = self;
	return 0;
fail:
	copy_close(self);
	return error;
}

static int copy_run(void *state, uint64_t calls)
{
	struct copy *self = state;

	for (uint64_t call = 0; call < calls; call++)
		if (pread(self->fd, self->buffer, self->bytes, 0) != (ssize_t)self->bytes)
			return -EIO;
	return 0;
}

MECHANISM(copy_mechanism) = {
	.name = "copy",
	.open = copy_open,
	.run = copy_run,
	.close = copy_close,
};
