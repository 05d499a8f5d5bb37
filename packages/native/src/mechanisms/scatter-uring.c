/*
 * scatter-uring: scattered pieces as one batch of an io_uring: one crossing submits all and returns
 * when all are there. A call is one batch; the events are the pieces.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>

#include "mechanism.h"
#include "pieces.h"
#include "uring.h"

struct scatter_uring {
	struct pieces pieces;
	struct uring ring;
	bool has_files;
	bool has_buffers;
	uint64_t enters_before;
};

static void scatter_uring_close(void *state)
{
	struct scatter_uring *self = state;

	uring_close(&self->ring);
	pieces_close(&self->pieces);
	free(self);
}

static int scatter_uring_register(const struct scatter_uring *self)
{
	const struct pieces *pieces = &self->pieces;
	struct iovec all = {
		.iov_base = pieces->buffers,
		.iov_len = pieces->count * pieces->stride,
	};
	int error = 0;

	if (self->has_files)
		error = uring_register_files(&self->ring, &pieces->fd, 1);
	if (!error && self->has_buffers)
		error = uring_register_buffers(&self->ring, &all, 1);
	if (error)
		mechanism_refused("io_uring_register (RLIMIT_MEMLOCK?)");
	return error;
}

static int scatter_uring_ring(struct scatter_uring *self)
{
	struct uring_options options = {.entries = self->pieces.count};
	int error = uring_open(&self->ring, &options);

	if (error) {
		mechanism_refused(uring_refusal(error));
		return error;
	}
	if (!uring_knows(&self->ring, IORING_OP_READ)) {
		mechanism_refused("io_uring reads (since Linux 5.6)");
		return -EOPNOTSUPP;
	}
	return scatter_uring_register(self);
}

static int scatter_uring_open(void **state, struct parameters *parameters)
{
	static const char *const ways[] = {"plain", "registered", NULL};
	struct scatter_uring *self = calloc(1, sizeof(*self));
	int error;

	if (!self)
		return -ENOMEM;
	self->ring.fd = -1;
	self->has_files = parameter_choice(parameters, "files", ways) == 1;
	self->has_buffers = parameter_choice(parameters, "buffers", ways) == 1;
	error = pieces_open(&self->pieces, parameters, PIECES_SHUFFLED);
	if (!error)
		error = pieces_file(&self->pieces);
	if (!error)
		error = scatter_uring_ring(self);
	if (error)
		scatter_uring_close(self);
	else
		*state = self;
	return error;
}

static int scatter_uring_ready(void *state, uint64_t calls)
{
	struct scatter_uring *self = state;

	(void)calls;
	self->enters_before = self->ring.enters;
	pieces_spoil(&self->pieces);
	return 0;
}

static int scatter_uring_once(struct scatter_uring *self)
{
	const struct pieces *pieces = &self->pieces;
	int fd = self->has_files ? 0 : pieces->fd;
	const struct io_uring_cqe *completion;
	unsigned int right = 0;
	int submitted;

	for (unsigned int i = 0; i < pieces->count; i++) {
		struct io_uring_sqe *sqe = uring_next(&self->ring);

		if (!sqe)
			return -EBUSY;
		uring_read(sqe, fd, pieces_buffer(pieces, i), (uint32_t)pieces->bytes,
			   pieces->offsets[i], i);
		if (self->has_buffers)
			sqe->opcode = IORING_OP_READ_FIXED;
		if (self->has_files)
			sqe->flags = IOSQE_FIXED_FILE;
	}
	submitted = uring_submit(&self->ring, pieces->count);
	if (submitted != (int)pieces->count)
		return submitted < 0 ? submitted : -EAGAIN;
	while ((completion = uring_completion(&self->ring))) {
		right += completion->res == (int32_t)pieces->bytes;
		uring_seen(&self->ring);
	}
	return right == pieces->count ? 0 : -EIO;
}

static int scatter_uring_run(void *state, uint64_t calls)
{
	struct scatter_uring *self = state;

	for (uint64_t call = 0; call < calls; call++) {
		int error = scatter_uring_once(self);

		if (error)
			return error;
	}
	return 0;
}

static int scatter_uring_done(void *state, uint64_t calls, struct tally *tally)
{
	struct scatter_uring *self = state;

	tally->events = calls * self->pieces.count;
	tally_count(tally, "systemCalls", self->ring.enters - self->enters_before);
	return pieces_verify(&self->pieces);
}

MECHANISM(scatter_uring_mechanism) = {
	.name = "scatter-uring",
	.open = scatter_uring_open,
	.ready = scatter_uring_ready,
	.run = scatter_uring_run,
	.done = scatter_uring_done,
	.close = scatter_uring_close,
};
