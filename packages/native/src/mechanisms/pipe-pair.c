/* pipe-pair: one byte into a pipe and out again, by one process: context-switch without the switch.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "mechanism.h"

struct pipe_pair {
	int ends[2];
};

static int pipe_pair_open(void **state, struct parameters *parameters)
{
	struct pipe_pair *self = calloc(1, sizeof(*self));

	(void)parameters;
	if (!self)
		return -ENOMEM;
	if (pipe2(self->ends, O_CLOEXEC) < 0) {
		int error = -errno;

		free(self);
		return error;
	}
	*state = self;
	return 0;
}

static int pipe_pair_run(void *state, uint64_t calls)
{
	struct pipe_pair *self = state;
	unsigned char byte = 1;

	for (uint64_t call = 0; call < calls; call++)
		if (write(self->ends[1], &byte, 1) != 1 || read(self->ends[0], &byte, 1) != 1)
			return -EIO;
	return 0;
}

static void pipe_pair_close(void *state)
{
	struct pipe_pair *self = state;

	close(self->ends[0]);
	close(self->ends[1]);
	free(self);
}

MECHANISM(pipe_pair_mechanism) = {
	.name = "pipe-pair",
	.open = pipe_pair_open,
	.run = pipe_pair_run,
	.close = pipe_pair_close,
};
