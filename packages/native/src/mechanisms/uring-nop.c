/*
 * uring-nop: `batch` requests that do nothing, handed to an io_uring and reaped again in one call.
 * An event is one such call: by two batches what the call costs is told from what an entry costs.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>

#include "mechanism.h"
#include "uring.h"

#define MOST_BATCH 4096u

struct uring_nop {
	struct uring ring;
	unsigned int batch;
	uint64_t reaped;
	uint64_t enters_before;
};

static int uring_nop_open(void **state, struct parameters *parameters)
{
	uint64_t batch = parameter_number(parameters, "batch", 1);
	struct uring_options options = {.entries = (unsigned int)batch};
	struct uring_nop *self;
	int error;

	if (batch < 1 || batch > MOST_BATCH)
		return -EINVAL;
	self = calloc(1, sizeof(*self));
	if (!self)
		return -ENOMEM;
	self->batch = (unsigned int)batch;
	error = uring_open_alone(&self->ring, &options);
	if (error) {
		mechanism_refused(uring_refusal(error));
		free(self);
		return error;
	}
	*state = self;
	return 0;
}

static int uring_nop_ready(void *state, uint64_t calls)
{
	struct uring_nop *self = state;

	(void)calls;
	self->reaped = 0;
	self->enters_before = self->ring.enters;
	return 0;
}

static int uring_nop_once(struct uring_nop *self)
{
	const struct io_uring_cqe *completion;
	int submitted;

	for (unsigned int i = 0; i < self->batch; i++) {
		struct io_uring_sqe *sqe = uring_next(&self->ring);

		if (!sqe)
			return -EBUSY;
		sqe->opcode = IORING_OP_NOP;
	}
	submitted = uring_submit(&self->ring, self->batch);
	if (submitted != (int)self->batch)
		return submitted < 0 ? submitted : -EAGAIN;
	while ((completion = uring_completion(&self->ring))) {
		if (completion->res != 0)
			return -EIO;
		uring_seen(&self->ring);
		self->reaped++;
	}
	return 0;
}

static int uring_nop_run(void *state, uint64_t calls)
{
	struct uring_nop *self = state;

	for (uint64_t call = 0; call < calls; call++) {
		int error = uring_nop_once(self);

		if (error)
			return error;
	}
	return 0;
}

static int uring_nop_done(void *state, uint64_t calls, struct tally *tally)
{
	struct uring_nop *self = state;

	tally_count(tally, "calls", self->ring.enters - self->enters_before);
	tally_count(tally, "entries", self->reaped);
	return self->reaped == calls * self->batch ? 0 : -EIO;
}

static void uring_nop_close(void *state)
{
	struct uring_nop *self = state;

	uring_close(&self->ring);
	free(self);
}

MECHANISM(uring_nop_mechanism) = {
	.name = "uring-nop",
	.open = uring_nop_open,
	.ready = uring_nop_ready,
	.run = uring_nop_run,
	.done = uring_nop_done,
	.close = uring_nop_close,
};
