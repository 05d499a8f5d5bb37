/*
 * perspective-pread: single pages of a file, warm, cold or on a throttled disk, by a pread each; if
 * asked for, after all of them were announced with posix_fadvise, so that the disk begins on all. A
 * call is all pieces once; the events are the pieces.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cold-pieces.h"
#include "mechanism.h"

struct perspective_pread {
	struct cold_pieces cold;
	bool announces;
	uint64_t system_calls; /* of this block */
};

static void perspective_pread_close(void *state)
{
	struct perspective_pread *self = state;

	cold_pieces_close(&self->cold);
	free(self);
}

static int perspective_pread_open(void **state, struct parameters *parameters)
{
	static const char *const announced[] = {"no", "yes", NULL};
	struct perspective_pread *self = calloc(1, sizeof(*self));
	int error;

	if (!self)
		return -ENOMEM;
	self->announces = parameter_choice(parameters, "announced", announced) == 1;
	error = cold_pieces_open(&self->cold, parameters);
	if (error)
		perspective_pread_close(self);
	else
		*state = self;
	return error;
}

static int perspective_pread_ready(void *state, uint64_t calls)
{
	struct perspective_pread *self = state;

	(void)calls;
	self->system_calls = 0;
	return cold_pieces_ready(&self->cold);
}

static int perspective_pread_announce(struct perspective_pread *self)
{
	const struct pieces *pieces = &self->cold.pieces;

	for (unsigned int i = 0; i < pieces->count; i++) {
		int error = posix_fadvise(pieces->fd, (off_t)pieces->offsets[i],
					  (off_t)pieces->bytes, POSIX_FADV_WILLNEED);

		self->system_calls++;
		if (error)
			return -error;
	}
	return 0;
}

static int perspective_pread_run(void *state, uint64_t calls)
{
	struct perspective_pread *self = state;
	const struct pieces *pieces = &self->cold.pieces;
	int error = self->announces ? perspective_pread_announce(self) : 0;

	(void)calls; /* Always one: afterwards the pieces are in the page cache. */
	for (unsigned int i = 0; !error && i < pieces->count; i++) {
		ssize_t got = pread(pieces->fd, pieces_buffer(pieces, i), pieces->bytes,
				    (off_t)pieces->offsets[i]);

		self->system_calls++;
		if (got != (ssize_t)pieces->bytes)
			error = got < 0 ? -errno : -EIO;
	}
	return error;
}

static int perspective_pread_done(void *state, uint64_t calls, struct tally *tally)
{
	struct perspective_pread *self = state;

	tally->events = calls * self->cold.pieces.count;
	tally_count(tally, "systemCalls", self->system_calls);
	return cold_pieces_done(&self->cold, tally);
}

MECHANISM(perspective_pread_mechanism) = {
	.name = "perspective-pread",
	.most_calls = 1,
	.open = perspective_pread_open,
	.ready = perspective_pread_ready,
	.run = perspective_pread_run,
	.done = perspective_pread_done,
	.close = perspective_pread_close,
};
