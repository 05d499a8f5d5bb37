/*
 * scatter-preadv: one preadv with a buffer for each of the scattered pieces. The call takes one
 * offset, so what arrives is one range of the file; `done` compares each buffer with both what was
 * wanted there and what follows the buffer before, and counts. A call is one preadv; the events are
 * the buffers filled.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "mechanism.h"
#include "pieces.h"

struct scatter_preadv {
	struct pieces pieces;
	struct iovec buffers[PIECES_MOST];
	uint64_t system_calls; /* of this block */
};

static void scatter_preadv_close(void *state)
{
	struct scatter_preadv *self = state;

	pieces_close(&self->pieces);
	free(self);
}

static int scatter_preadv_open(void **state, struct parameters *parameters)
{
	struct scatter_preadv *self = calloc(1, sizeof(*self));
	int error;

	if (!self)
		return -ENOMEM;
	error = pieces_open(&self->pieces, parameters, PIECES_ASCENDING);
	if (!error)
		error = pieces_file(&self->pieces);
	if (error) {
		scatter_preadv_close(self);
		return error;
	}
	for (unsigned int i = 0; i < self->pieces.count; i++)
		self->buffers[i] = (struct iovec){
			.iov_base = pieces_buffer(&self->pieces, i),
			.iov_len = self->pieces.bytes,
		};
	*state = self;
	return 0;
}

static int scatter_preadv_ready(void *state, uint64_t calls)
{
	struct scatter_preadv *self = state;

	(void)calls;
	self->system_calls = 0;
	pieces_spoil(&self->pieces);
	return 0;
}

static int scatter_preadv_run(void *state, uint64_t calls)
{
	struct scatter_preadv *self = state;
	struct pieces *pieces = &self->pieces;
	ssize_t whole = (ssize_t)(pieces->count * pieces->bytes);

	for (uint64_t call = 0; call < calls; call++) {
		ssize_t got = preadv(pieces->fd, self->buffers, (int)pieces->count,
				     (off_t)pieces->offsets[0]);

		self->system_calls++;
		if (got != whole)
			return got < 0 ? -errno : -EIO;
	}
	return 0;
}

static int scatter_preadv_done(void *state, uint64_t calls, struct tally *tally)
{
	struct scatter_preadv *self = state;
	struct pieces *pieces = &self->pieces;
	unsigned int contiguous = 0;
	unsigned int wanted = pieces_arrived(pieces);

	for (unsigned int i = 0; i < pieces->count; i++)
		contiguous += pieces_equal(pieces, pieces_buffer(pieces, i),
					   pieces->offsets[0] + i * pieces->bytes);
	tally->events = calls * pieces->count;
	tally_count(tally, "systemCalls", self->system_calls);
	tally_count(tally, "wanted", calls * wanted);
	tally_count(tally, "contiguous", calls * contiguous);
	if (wanted == pieces->count || contiguous == pieces->count)
		return 0;
	mechanism_refused("preadv (neither the scattered nor the contiguous bytes arrived)");
	return -EIO;
}

MECHANISM(scatter_preadv_mechanism) = {
	.name = "scatter-preadv",
	.open = scatter_preadv_open,
	.ready = scatter_preadv_ready,
	.run = scatter_preadv_run,
	.done = scatter_preadv_done,
	.close = scatter_preadv_close,
};
