/*
 * perspective-uring: single pages of a file, warm, cold or on a throttled disk, by an io_uring that
 * keeps two things apart which a batch mixes up: how many requests one crossing submits (batch),
 * and how many are under way at once (depth). A batch of 60 at depth 1 is one chain of linked
 * requests, each begun when the one before is done; a batch of 1 at depth 60 is a crossing for each
 * request, none waited for until 60 are under way. A call is all pieces once; the events are the
 * pieces.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>

#include "cold-pieces.h"
#include "mechanism.h"
#include "uring.h"

struct perspective_uring {
	struct cold_pieces cold;
	struct uring ring;
	unsigned int batch;
	unsigned int depth;
	unsigned int arrived; /* of this block */
	uint64_t enters_before;
};

static void perspective_uring_close(void *state)
{
	struct perspective_uring *self = state;

	uring_close(&self->ring);
	cold_pieces_close(&self->cold);
	free(self);
}

/* A batch is divided evenly into `depth` chains, and the pieces evenly into batches. */
static bool perspective_uring_fits(const struct perspective_uring *self, uint64_t batch,
				   uint64_t depth)
{
	uint64_t count = self->cold.pieces.count;

	if (batch < 1 || depth < 1 || batch > count || depth > count)
		return false;
	return batch == 1 || (batch % depth == 0 && count % batch == 0);
}

static int perspective_uring_ring(struct perspective_uring *self)
{
	struct uring_options options = {.entries = self->cold.pieces.count};
	int error = uring_open(&self->ring, &options);

	if (error) {
		mechanism_refused(uring_refusal(error));
		return error;
	}
	if (!uring_knows(&self->ring, IORING_OP_READ)) {
		mechanism_refused("io_uring reads (since Linux 5.6)");
		return -EOPNOTSUPP;
	}
	return 0;
}

static int perspective_uring_open(void **state, struct parameters *parameters)
{
	struct perspective_uring *self = calloc(1, sizeof(*self));
	uint64_t batch = parameter_number(parameters, "batch", 1);
	uint64_t depth = parameter_number(parameters, "depth", 1);
	int error;

	if (!self)
		return -ENOMEM;
	self->ring.fd = -1;
	error = cold_pieces_open(&self->cold, parameters);
	if (!error && !perspective_uring_fits(self, batch, depth))
		error = -EINVAL;
	self->batch = (unsigned int)batch;
	self->depth = (unsigned int)depth;
	if (!error)
		error = perspective_uring_ring(self);
	if (error)
		perspective_uring_close(self);
	else
		*state = self;
	return error;
}

static int perspective_uring_ready(void *state, uint64_t calls)
{
	struct perspective_uring *self = state;

	(void)calls;
	self->enters_before = self->ring.enters;
	self->arrived = 0;
	return cold_pieces_ready(&self->cold);
}

static int perspective_uring_ask(struct perspective_uring *self, unsigned int index, bool linked)
{
	const struct pieces *pieces = &self->cold.pieces;
	struct io_uring_sqe *sqe = uring_next(&self->ring);

	if (!sqe)
		return -EBUSY;
	uring_read(sqe, pieces->fd, pieces_buffer(pieces, index), (uint32_t)pieces->bytes,
		   pieces->offsets[index], index);
	sqe->flags = linked ? IOSQE_IO_LINK : 0;
	return 0;
}

/* Submits, waits for `wait_for` more completions and takes all there are. */
static int perspective_uring_enter(struct perspective_uring *self, unsigned int wait_for)
{
	const struct io_uring_cqe *completion;
	int result = uring_submit(&self->ring, wait_for);

	if (result < 0)
		return result;
	while ((completion = uring_completion(&self->ring))) {
		if (completion->res != (int32_t)self->cold.pieces.bytes)
			return completion->res < 0 ? completion->res : -EIO;
		self->arrived++;
		uring_seen(&self->ring);
	}
	return 0;
}

static int perspective_uring_by_window(struct perspective_uring *self)
{
	unsigned int count = self->cold.pieces.count;
	int error = 0;

	for (unsigned int i = 0; !error && i < count; i++) {
		bool is_full = i + 1 - self->arrived >= self->depth;

		error = perspective_uring_ask(self, i, false);
		if (!error)
			error = perspective_uring_enter(self, is_full ? 1 : 0);
	}
	if (!error && self->arrived < count)
		error = perspective_uring_enter(self, count - self->arrived);
	return error;
}

static int perspective_uring_by_batch(struct perspective_uring *self)
{
	unsigned int count = self->cold.pieces.count;
	unsigned int chain = self->batch / self->depth;
	int error = 0;

	for (unsigned int i = 0; !error && i < count; i++) {
		bool is_last = (i + 1) % chain == 0;

		error = perspective_uring_ask(self, i, !is_last);
		if (!error && (i + 1) % self->batch == 0)
			error = perspective_uring_enter(self, self->batch);
	}
	return error;
}

static int perspective_uring_run(void *state, uint64_t calls)
{
	struct perspective_uring *self = state;

	(void)calls; /* Always one: afterwards the pieces are in the page cache. */
	return self->batch == 1 ? perspective_uring_by_window(self)
				: perspective_uring_by_batch(self);
}

static int perspective_uring_done(void *state, uint64_t calls, struct tally *tally)
{
	struct perspective_uring *self = state;

	tally->events = calls * self->cold.pieces.count;
	tally_count(tally, "systemCalls", self->ring.enters - self->enters_before);
	return cold_pieces_done(&self->cold, tally);
}

MECHANISM(perspective_uring_mechanism) = {
	.name = "perspective-uring",
	.most_calls = 1,
	.open = perspective_uring_open,
	.ready = perspective_uring_ready,
	.run = perspective_uring_run,
	.done = perspective_uring_done,
	.close = perspective_uring_close,
};
