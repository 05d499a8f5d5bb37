/*
 * pipe-pair: a message into a pipe or socket and out again, by one process: what a message costs
 * without anybody waiting for it.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loopback-pair.h"
#include "mechanism.h"

/* A pipe holds 64 KiB before its writer waits; a socket about 200 KiB. */
#define MOST_BYTES 65536u

struct pipe_pair {
	/* Read from the first, written to the second. */
	int ends[2];
	size_t bytes;
	unsigned char message[MOST_BYTES];
};

static const char *const transports[] = {"pipe", "unix", "tcp", NULL};

static int pipe_pair_connect(struct pipe_pair *self, unsigned int transport)
{
	if (transport == 0)
		return pipe2(self->ends, O_CLOEXEC) < 0 ? -errno : 0;
	if (transport == 2)
		return loopback_pair_open(self->ends);
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, self->ends) < 0 ? -errno : 0;
}

static int pipe_pair_open(void **state, struct parameters *parameters)
{
	uint64_t bytes = parameter_number(parameters, "bytes", 1);
	unsigned int transport = parameter_choice(parameters, "transport", transports);
	struct pipe_pair *self;
	int error;

	if (bytes < 1 || bytes > MOST_BYTES)
		return -EINVAL;
	self = calloc(1, sizeof(*self));
	if (!self)
		return -ENOMEM;
	self->bytes = (size_t)bytes;
	error = pipe_pair_connect(self, transport);
	if (error) {
		free(self);
		return error;
	}
	*state = self;
	return 0;
}

/* TCP may deliver a large message piece by piece; the others give it whole. */
static int pipe_pair_take(struct pipe_pair *self)
{
	for (size_t taken = 0; taken < self->bytes;) {
		ssize_t got = read(self->ends[0], self->message, self->bytes - taken);

		if (got <= 0)
			return got < 0 ? -errno : -EPIPE;
		taken += (size_t)got;
	}
	return 0;
}

static int pipe_pair_run(void *state, uint64_t calls)
{
	struct pipe_pair *self = state;
	ssize_t bytes = (ssize_t)self->bytes;

	for (uint64_t call = 0; call < calls; call++) {
		int error;

		if (write(self->ends[1], self->message, self->bytes) != bytes)
			return -EIO;
		error = pipe_pair_take(self);
		if (error)
			return error;
	}
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
