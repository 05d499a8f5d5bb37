/* fsync: one record appended to a file and made durable, as a log does it. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mechanism.h"
#include "temporary-file.h"

#define RECORD_BYTES 128u

struct fsync_record {
	int fd;
	bool data_only;
	unsigned char record[RECORD_BYTES];
};

static int fsync_open(void **state, struct parameters *parameters)
{
	struct fsync_record *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->data_only = parameter_number(parameters, "data-only", 0) != 0;
	self->fd = temporary_file_open(RECORD_BYTES);
	if (self->fd < 0) {
		int error = self->fd;

		free(self);
		return error;
	}
	*state = self;
	return 0;
}

/* A file that only grows would fill the disk of whoever measures long. */
static int fsync_ready(void *state, uint64_t calls)
{
	struct fsync_record *self = state;

	(void)calls;
	return ftruncate(self->fd, 0) < 0 || lseek(self->fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

static int fsync_run(void *state, uint64_t calls)
{
	struct fsync_record *self = state;

	for (uint64_t call = 0; call < calls; call++) {
		if (write(self->fd, self->record, RECORD_BYTES) != (ssize_t)RECORD_BYTES)
			return -EIO;
		if ((self->data_only ? fdatasync(self->fd) : fsync(self->fd)) < 0)
			return -errno;
	}
	return 0;
}

static void fsync_close(void *state)
{
	struct fsync_record *self = state;

	close(self->fd);
	free(self);
}

MECHANISM(fsync_mechanism) = {
	.name = "fsync",
	.open = fsync_open,
	.ready = fsync_ready,
	.run = fsync_run,
	.close = fsync_close,
};
