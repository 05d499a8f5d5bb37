/* storage-pread: one read after the other, each waited for. An event is one read. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "mechanism.h"
#include "storage-file.h"

static int storage_pread_open(void **state, struct parameters *parameters)
{
	struct storage_file *self = calloc(1, sizeof(*self));
	int error;

	if (!self)
		return -ENOMEM;
	error = storage_file_open(self, parameters);
	if (error) {
		free(self);
		return error;
	}
	*state = self;
	return 0;
}

static int storage_pread_run(void *state, uint64_t calls)
{
	struct storage_file *self = state;

	for (uint64_t call = 0; call < calls; call++)
		if (pread(self->fd, self->memory, self->piece, (off_t)storage_next(self)) !=
		    (ssize_t)self->piece)
			return -EIO;
	return 0;
}

static int storage_pread_done(void *state, uint64_t calls, struct tally *tally)
{
	(void)state;
	tally_count(tally, "calls", calls);
	return 0;
}

static void storage_pread_close(void *state)
{
	storage_file_close(state);
	free(state);
}

MECHANISM(storage_pread_mechanism) = {
	.name = "storage-pread",
	.open = storage_pread_open,
	.run = storage_pread_run,
	.done = storage_pread_done,
	.close = storage_pread_close,
};
