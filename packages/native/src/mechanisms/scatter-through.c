/*
 * scatter-through: all pieces and the gaps between them in one pread; the pieces are used where
 * they lie in its buffer. A call is one pread; the events are the pieces.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mechanism.h"
#include "pieces.h"

struct scatter_through {
	struct pieces pieces;
	unsigned char *range;
	uint64_t system_calls; /* of this block */
};

static void scatter_through_close(void *state)
{
	struct scatter_through *self = state;

	pieces_close(&self->pieces);
	free(self->range);
	free(self);
}

static int scatter_through_open(void **state, struct parameters *parameters)
{
	struct scatter_through *self = calloc(1, sizeof(*self));
	void *range = NULL;
	int error;

	if (!self)
		return -ENOMEM;
	error = pieces_open(&self->pieces, parameters, PIECES_ASCENDING);
	if (!error)
		error = -posix_memalign(&range, 4096, self->pieces.range);
	self->range = range;
	if (!error)
		error = pieces_file(&self->pieces);
	if (error) {
		scatter_through_close(self);
		return error;
	}
	memset(range, 0, self->pieces.range); /* No faults while anything is timed. */
	*state = self;
	return 0;
}

static int scatter_through_ready(void *state, uint64_t calls)
{
	struct scatter_through *self = state;

	(void)calls;
	self->system_calls = 0;
	for (unsigned int i = 0; i < self->pieces.count; i++)
		self->range[self->pieces.offsets[i]] ^= 0xff;
	return 0;
}

static int scatter_through_run(void *state, uint64_t calls)
{
	struct scatter_through *self = state;
	struct pieces *pieces = &self->pieces;

	for (uint64_t call = 0; call < calls; call++) {
		ssize_t got = pread(pieces->fd, self->range, pieces->range, 0);

		self->system_calls++;
		if (got != (ssize_t)pieces->range)
			return got < 0 ? -errno : -EIO;
	}
	return 0;
}

static int scatter_through_done(void *state, uint64_t calls, struct tally *tally)
{
	struct scatter_through *self = state;
	struct pieces *pieces = &self->pieces;

	for (unsigned int i = 0; i < pieces->count; i++)
		if (!pieces_equal(pieces, self->range + pieces->offsets[i], pieces->offsets[i]))
			return -EIO;
	tally->events = calls * pieces->count;
	tally_count(tally, "systemCalls", self->system_calls);
	return 0;
}

MECHANISM(scatter_through_mechanism) = {
	.name = "scatter-through",
	.open = scatter_through_open,
	.ready = scatter_through_ready,
	.run = scatter_through_run,
	.done = scatter_through_done,
	.close = scatter_through_close,
};
