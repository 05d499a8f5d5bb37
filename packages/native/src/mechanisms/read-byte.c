/* read-byte: one read of one byte of a file in the page cache, at the file's own position. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "mechanism.h"
#include "temporary-file.h"

/* Bytes in the file, so also the calls before it must be rewound. */
#define FILE_BYTES (1u << 18)

struct read_byte {
	int fd;
};

static int read_byte_open(void **state, struct parameters *parameters)
{
	struct read_byte *self = calloc(1, sizeof(*self));

	(void)parameters;
	if (!self)
		return -ENOMEM;
	self->fd = temporary_file_open(FILE_BYTES);
	if (self->fd < 0) {
		int error = self->fd;

		free(self);
		return error;
	}
	*state = self;
	return 0;
}

static int read_byte_ready(void *state, uint64_t calls)
{
	struct read_byte *self = state;

	(void)calls;
	return lseek(self->fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

static int read_byte_run(void *state, uint64_t calls)
{
	struct read_byte *self = state;
	unsigned char byte;

	for (uint64_t call = 0; call < calls; call++)
		if (read(self->fd, &byte, 1) != 1)
			return -EIO;
	return 0;
}

static void read_byte_close(void *state)
{
	struct read_byte *self = state;

	close(self->fd);
	free(self);
}

MECHANISM(read_byte_mechanism) = {
	.name = "read-byte",
	.most_calls = FILE_BYTES,
	.open = read_byte_open,
	.ready = read_byte_ready,
	.run = read_byte_run,
	.close = read_byte_close,
};
